import { Button } from "@mantine/core";
import { IconDatabasePlus } from "@tabler/icons-react";
import { useState } from "react";
import { plural } from "../../ui/format";
import { AddSpans } from "../datasets/AddSpans";
import css from "./Trace.module.css";

interface Props {
  project: string;
  traceId: string;
  picked: ReadonlySet<string>;
  onClear: () => void;
}

/** What can be done with the spans ticked with X. */
export function PickBar({ project, traceId, picked, onClear }: Props) {
  const [adding, setAdding] = useState(false);
  return (
    <section className={css.pickBar} aria-label="Selected steps">
      <b>{plural(picked.size, "step")} selected</b>
      <Button leftSection={<IconDatabasePlus size={14} />} onClick={() => setAdding(true)}>
        Add to dataset
      </Button>
      <Button variant="subtle" onClick={onClear}>
        Clear
      </Button>
      {adding ? <AddSpans {...itemsOf(traceId, picked)} project={project} onClose={() => setAdding(false)} /> : null}
    </section>
  );
}

/** What `AddSpans` needs to make one item of each of some spans. */
export function itemsOf(traceId: string, spans: Iterable<string>) {
  const ids = [...spans];
  return {
    filter: `trace_id == ${JSON.stringify(traceId)} and span_id in [${ids.map((id) => JSON.stringify(id)).join(", ")}]`,
    limit: ids.length,
    title: `Add ${plural(ids.length, "step")} to a dataset`,
    about: "Each step gives one item from its input; the recorded output is kept beside it, not as the right answer.",
  };
}
