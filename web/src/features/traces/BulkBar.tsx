import { Button, Popover } from "@mantine/core";
import { IconDatabasePlus, IconDownload, IconGavel } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { download } from "../../api/client";
import { Snippet } from "../../ui/Copy";
import { plural } from "../../ui/format";
import { AddSpans } from "../datasets/AddSpans";
import css from "./Traces.module.css";

interface Props {
  project: string;
  selected: ReadonlySet<string>;
  onClear: () => void;
}

/** What can be done with the selected traces. */
export function BulkBar({ project, selected, onClear }: Props) {
  const [adding, setAdding] = useState(false);
  const filter = `trace_id in [${[...selected].map((id) => JSON.stringify(id)).join(", ")}]`;
  const save = useMutation({
    mutationFn: () => download("/spans/export", { project, format: "jsonl", filter }, "spans.jsonl"),
  });
  return (
    <section className={css.bulk} aria-label="Selection">
      <b>{plural(selected.size, "trace")} selected</b>
      <Button leftSection={<IconDatabasePlus size={14} />} onClick={() => setAdding(true)}>
        Add to dataset
      </Button>
      <Popover width={520} position="top" withArrow trapFocus>
        <Popover.Target>
          <Button leftSection={<IconGavel size={14} />}>Run an evaluator</Button>
        </Popover.Target>
        <Popover.Dropdown>
          <p className={css.hint}>
            Evaluators run where your code and keys are. This scores exactly the selected traces; the verdicts appear
            here as they come.
          </p>
          <Snippet title="In a shell" code={command(project, filter)} />
        </Popover.Dropdown>
      </Popover>
      <Button leftSection={<IconDownload size={14} />} loading={save.isPending} onClick={() => save.mutate()}>
        Export spans
      </Button>
      {save.error ? <span className="bad">{save.error.message}</span> : null}
      <Button variant="subtle" onClick={onClear}>
        Clear
      </Button>
      {adding ? (
        <AddSpans
          project={project}
          filter={`${filter} and is_root == true`}
          limit={selected.size}
          title={`Add ${plural(selected.size, "trace")} to a dataset`}
          about="Each trace gives one item from its root span; the recorded output is kept beside it, not as the right answer."
          onClose={() => setAdding(false)}
        />
      ) : null}
    </section>
  );
}

function command(project: string, filter: string): string {
  return `evalwright evaluators run NAME --target trace \\\n  --server ${location.origin} --project ${project} \\\n  --filter '${filter}'`;
}
