import { Button, Modal, TextInput } from "@mantine/core";
import { IconDatabasePlus, IconDownload } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { download, get, post } from "../../api/client";
import type { Dataset, Page } from "../../api/types";
import { plural } from "../../ui/format";
import css from "./Traces.module.css";

function filterOf(ids: ReadonlySet<string>): string {
  return `trace_id in [${[...ids].map((id) => JSON.stringify(id)).join(", ")}]`;
}

interface Props {
  project: string;
  selected: ReadonlySet<string>;
  onClear: () => void;
}

/** What can be done with the selected traces. */
export function BulkBar({ project, selected, onClear }: Props) {
  const [adding, setAdding] = useState(false);
  const save = useMutation({
    mutationFn: () =>
      download("/spans/export", { project, format: "jsonl", filter: filterOf(selected) }, "spans.jsonl"),
  });
  return (
    <section className={css.bulk} aria-label="Selection">
      <b>{plural(selected.size, "trace")} selected</b>
      <Button leftSection={<IconDatabasePlus size={14} />} onClick={() => setAdding(true)}>
        Add to dataset
      </Button>
      <Button leftSection={<IconDownload size={14} />} loading={save.isPending} onClick={() => save.mutate()}>
        Export spans
      </Button>
      {save.error ? <span className="bad">{save.error.message}</span> : null}
      <Button variant="subtle" onClick={onClear}>
        Clear
      </Button>
      {adding ? <AddToDataset project={project} selected={selected} onClose={() => setAdding(false)} /> : null}
    </section>
  );
}

function AddToDataset({
  project,
  selected,
  onClose,
}: {
  project: string;
  selected: ReadonlySet<string>;
  onClose: () => void;
}) {
  const [name, setName] = useState("");
  const known = useQuery({
    queryKey: ["datasets", project],
    queryFn: ({ signal }) => get<Page<Dataset>>("/datasets", { project, limit: 200 }, signal),
  });
  const names = known.data?.items.map((d) => d.name) ?? [];
  const add = useMutation({
    mutationFn: async () => {
      const target = name.trim();
      await post("/datasets", { project, name: target, exist_ok: true });
      const from_spans = { filter: `${filterOf(selected)} and is_root == true`, limit: selected.size };
      await post(`/datasets/${encodeURIComponent(target)}/items?${new URLSearchParams({ project })}`, { from_spans });
    },
  });
  return (
    <Modal
      opened
      onClose={onClose}
      title={`Add ${plural(selected.size, "trace")} to a dataset`}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <form
        className={css.form}
        onSubmit={(event) => {
          event.preventDefault();
          add.mutate();
        }}
      >
        <TextInput
          data-autofocus
          label="Dataset"
          description="An existing name adds a version; a new name makes a dataset."
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          list="dataset-names"
        />
        <datalist id="dataset-names">
          {names.map((n) => (
            <option key={n} value={n} />
          ))}
        </datalist>
        <p className="faint">
          Each trace gives one item from its root span; the recorded output is kept beside it, not as the right answer.
        </p>
        {add.error ? <p className="bad">{add.error.message}</p> : null}
        {add.isSuccess ? <p className="ok">Added.</p> : null}
        <Button type="submit" variant="filled" loading={add.isPending} disabled={!name.trim() || add.isSuccess}>
          Add
        </Button>
      </form>
    </Modal>
  );
}
