import type { RefObject } from "react";
import type { Score } from "../../api/types";
import { Badge, type Tone } from "../../ui/Badge";
import { EvidenceList } from "../../ui/EvidenceList";
import { ago } from "../../ui/format";
import { Failure, Loading } from "../../ui/Notice";
import { useTraceView } from "./context";
import type { Judgement } from "./judging";
import { useScores, useTraceScores } from "./queries";
import { ScoreForm } from "./ScoreForm";
import css from "./Trace.module.css";

interface Props {
  noteRef: RefObject<HTMLTextAreaElement | null>;
  writing: number;
  give: (said: Judgement) => void;
}

/** The scores of the span and of its trace, and the place to add one's own. */
export function ScoresTab({ noteRef, writing, give }: Props) {
  const { project, traceId, selected, select } = useTraceView();
  const scores = useScores(project, traceId, selected);
  const whole = useTraceScores(project, traceId).data;
  return (
    <div className={css.io}>
      <ScoreForm noteRef={noteRef} writing={writing} give={give} />
      {scores.error ? <Failure error={scores.error} /> : null}
      {scores.isPending ? <Loading /> : null}
      {scores.data?.items.length ? <h3 className={css.groupTitle}>On this step</h3> : null}
      {scores.data?.items.map((score) => (
        <ScoreCard key={score.id} score={score} select={select} />
      ))}
      {scores.data?.items.length === 0 ? <p className="faint">No score on this step yet.</p> : null}
      {scores.data?.next_cursor ? <p className="warn">Only the newest {scores.data.items.length} are shown.</p> : null}
      {whole?.items.length ? <h3 className={css.groupTitle}>On the whole trace</h3> : null}
      {whole?.items.map((score) => (
        <ScoreCard key={score.id} score={score} select={select} />
      ))}
      {whole?.next_cursor ? <p className="warn">Only the newest {whole.items.length} are shown.</p> : null}
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
        {score.target === "trial" ? (
          <Badge title="Given in an experiment, of which this trace is a trial">trial</Badge>
        ) : null}
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
