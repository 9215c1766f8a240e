import { Button, Textarea } from "@mantine/core";
import { type RefObject, useEffect } from "react";
import type { Score } from "../../api/types";
import { Badge, type Tone } from "../../ui/Badge";
import { EvidenceList } from "../../ui/EvidenceList";
import { ago } from "../../ui/format";
import { Failure, Loading } from "../../ui/Notice";
import { useTraceView } from "./context";
import { useScores, useTraceScores } from "./queries";
import css from "./Trace.module.css";

interface Props {
  noteRef: RefObject<HTMLTextAreaElement | null>;
  /** Counts up each time the reader asks to write a note. */
  writing: number;
  give: (pass: boolean) => void;
}

/** The scores of the span, and the place to add one's own. */
export function ScoresTab({ noteRef, writing, give }: Props) {
  const { project, traceId, selected, select } = useTraceView();
  const scores = useScores(project, traceId, selected);
  const whole = useTraceScores(project, traceId).data?.items ?? [];
  useEffect(() => {
    if (writing) noteRef.current?.focus();
  }, [writing, noteRef]);
  return (
    <div className={css.io}>
      <section className={css.block} aria-label="Your verdict">
        <h3>Your verdict on this step</h3>
        <Textarea
          ref={noteRef}
          autosize
          minRows={2}
          aria-label="Note"
          placeholder="Why? (optional; kept as the explanation)"
          onKeyDown={(event) => event.key === "Escape" && event.currentTarget.blur()}
        />
        <div className={css.give}>
          <Button color="green" onClick={() => give(true)}>
            PASS
          </Button>
          <Button color="red" onClick={() => give(false)}>
            FAIL
          </Button>
          <span className="faint">Keys: N writes, Esc leaves, P or F saves.</span>
        </div>
      </section>
      {scores.error ? <Failure error={scores.error} /> : null}
      {scores.isPending ? <Loading /> : null}
      {scores.data?.items.map((score) => (
        <ScoreCard key={score.id} score={score} select={select} />
      ))}
      {scores.data?.items.length === 0 ? <p className="faint">No score on this span yet.</p> : null}
      {whole.length ? <h3 className={css.groupTitle}>On the whole trace</h3> : null}
      {whole.map((score) => (
        <ScoreCard key={score.id} score={score} select={select} />
      ))}
    </div>
  );
}

function toneOf(score: Score): Tone {
  if (score.status !== "scored") return "warn";
  if (score.type !== "boolean") return "plain";
  return score.value === 1 ? "ok" : "bad";
}

function ScoreCard({ score, select }: { score: Score; select: (span: string) => void }) {
  const shown = score.label || (score.value === null ? "" : String(Number(score.value.toPrecision(4))));
  return (
    <article className={css.block} aria-label={`Score ${score.name}`}>
      <header>
        <h3>{score.name}</h3>
        <Badge tone={toneOf(score)}>{score.status === "scored" ? shown || "no value" : score.status}</Badge>
        <Badge>{score.source}</Badge>
        <span className="faint cut">
          {[score.evaluator || score.annotator, score.evaluator_version.slice(0, 8), ago(score.created_time)]
            .filter(Boolean)
            .join(" · ")}
        </span>
      </header>
      {score.reason ? <p className="warn">{score.reason}</p> : null}
      {score.explanation ? <p className={css.explanation}>{score.explanation}</p> : null}
      <EvidenceList evidence={score.evidence} onGo={select} />
    </article>
  );
}
