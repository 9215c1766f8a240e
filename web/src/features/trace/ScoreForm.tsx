import { Button, SegmentedControl, Select, Textarea, TextInput } from "@mantine/core";
import { type RefObject, useEffect, useState } from "react";
import { useTraceView } from "./context";
import { type Judgement, VERDICT, verdict } from "./judging";
import css from "./Trace.module.css";

interface Props {
  noteRef: RefObject<HTMLTextAreaElement | null>;
  /** Counts up each time the reader asks to write a note. */
  writing: number;
  give: (said: Judgement) => void;
}

/** Where people say what they think of a step or of the whole trace: PASS or FAIL, or any score by name. */
export function ScoreForm({ noteRef, writing, give }: Props) {
  const { selected } = useTraceView();
  const [whole, setWhole] = useState(false);
  const [other, setOther] = useState(false);
  const spanId = whole ? "" : selected;
  const note = () => noteRef.current?.value ?? "";
  useEffect(() => {
    if (writing) noteRef.current?.focus();
  }, [writing, noteRef]);
  return (
    <section className={css.block} aria-label="Your verdict">
      <header>
        <h3>Your verdict</h3>
        <SegmentedControl
          aria-label="On"
          value={whole ? "trace" : "step"}
          onChange={(next) => setWhole(next === "trace")}
          data={[
            { value: "step", label: "On this step" },
            { value: "trace", label: "On the whole trace" },
          ]}
        />
      </header>
      <Textarea
        ref={noteRef}
        autosize
        minRows={2}
        aria-label="Note"
        placeholder="Why? (optional; kept as the explanation)"
        onKeyDown={(event) => event.key === "Escape" && event.currentTarget.blur()}
      />
      <div className={css.give}>
        <Button color="green" onClick={() => give(verdict(spanId, true, note()))}>
          PASS
        </Button>
        <Button color="red" onClick={() => give(verdict(spanId, false, note()))}>
          FAIL
        </Button>
        <Button variant="subtle" aria-expanded={other} onClick={() => setOther(!other)}>
          Another score…
        </Button>
        {whole ? null : <span className="faint">Keys: N writes, Esc leaves, P or F saves.</span>}
      </div>
      {other ? <OtherScore give={(said) => give({ ...said, spanId, note: note() })} /> : null}
    </section>
  );
}

type Said = Omit<Judgement, "spanId" | "note">;

/** A score of any name: a number, or a label. */
function OtherScore({ give }: { give: (said: Said) => void }) {
  const { tree, summary } = useTraceView();
  const [name, setName] = useState("");
  const [type, setType] = useState<"numeric" | "categorical">("categorical");
  const [text, setText] = useState("");
  const known = [...new Set([...summary.scores, ...tree.nodes.flatMap((node) => node.scores)].map((s) => s.name))];
  const number = Number(text);
  const valid = text.trim() !== "" && (type === "categorical" || Number.isFinite(number));
  const ready = valid && name.trim() !== "" && name.trim() !== VERDICT;
  return (
    <form
      className={css.other}
      onSubmit={(event) => {
        event.preventDefault();
        const label = type === "categorical" ? text.trim() : "";
        if (ready) give({ name: name.trim(), type, value: type === "numeric" ? number : null, label });
      }}
    >
      <TextInput
        label="Name"
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        list="score-names"
        error={name.trim() === VERDICT ? "PASS and FAIL write this one" : undefined}
      />
      <datalist id="score-names">
        {known.map((each) => (
          <option key={each} value={each} />
        ))}
      </datalist>
      <Select
        label="Type"
        value={type}
        onChange={(next) => setType(next === "numeric" ? "numeric" : "categorical")}
        data={[
          { value: "categorical", label: "label" },
          { value: "numeric", label: "number" },
        ]}
        allowDeselect={false}
      />
      <TextInput
        label="Value"
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        error={text && !valid ? "not a number" : undefined}
      />
      <Button type="submit" disabled={!ready}>
        Save
      </Button>
    </form>
  );
}
