import { Link } from "@tanstack/react-router";
import type { Comparison, Trial } from "../../api/types";
import { Badge } from "../../ui/Badge";
import { duration } from "../../ui/format";
import { Failure, Loading } from "../../ui/Notice";
import css from "./Experiments.module.css";
import { useItemTrials } from "./queries";
import { TrialScores } from "./TrialScores";
import { diffWords, type Piece } from "./words";

interface Props {
  project: string;
  comparison: Comparison;
  itemKey: string;
}

/** What baseline and candidate answered to one item, trial by trial, with the words that changed. */
export function ItemDiff({ project, comparison, itemKey }: Props) {
  const before = useItemTrials(project, comparison.baseline.id, itemKey);
  const after = useItemTrials(project, comparison.candidate.id, itemKey);
  const failure = before.error ?? after.error;
  if (failure) return <Failure error={failure} />;
  if (!before.data || !after.data) return <Loading what="Looking for the trials" />;
  const pairs = Math.max(before.data.items.length, after.data.items.length);
  return (
    <div className={css.diff}>
      <p className="faint">
        Trials are shown side by side by their number; they are repeats, not pairs. Words that only one side has are
        marked.
      </p>
      {Array.from({ length: pairs }, (_, i) => {
        const [left, right] = [before.data.items[i], after.data.items[i]];
        const pieces = diffWords(said(left), said(right));
        return (
          <div key={(left ?? right)?.id} className={css.pair}>
            <Answer title="Baseline" trial={left} pieces={pieces} sign="-" />
            <Answer title="Candidate" trial={right} pieces={pieces} sign="+" />
          </div>
        );
      })}
    </div>
  );
}

/** The text of an output: of an object with an answer in it the whole object, laid out line by line. */
function said(trial: Trial | undefined): string {
  if (!trial) return "";
  if (trial.error) return trial.error;
  return typeof trial.output === "string" ? trial.output : JSON.stringify(trial.output, null, 1);
}

interface AnswerProps {
  title: string;
  trial: Trial | undefined;
  pieces: Piece[];
  sign: "+" | "-";
}

function Answer({ title, trial, pieces, sign }: AnswerProps) {
  return (
    <section className={css.answer} aria-label={`${title}${trial ? `, trial ${trial.index + 1}` : ""}`}>
      <header>
        <b>{title}</b>
        {trial ? <span className="faint num">trial {trial.index + 1}</span> : null}
        {trial && trial.status !== "ok" ? <Badge tone="bad">{trial.status}</Badge> : null}
        <span className={css.answerFacts}>
          {trial ? <span className="faint num">{duration(trial.latency_ms)}</span> : null}
          {trial?.trace_id ? (
            <Link to="/traces/$traceId" params={{ traceId: trial.trace_id }} className="link">
              trace
            </Link>
          ) : null}
        </span>
      </header>
      {trial ? (
        <p className={css.said} tabIndex={0}>
          {pieces
            .filter((piece) => piece.sign === " " || piece.sign === sign)
            .map((piece, i) =>
              piece.sign === " " ? (
                piece.text
              ) : (
                <mark key={String(i)} data-sign={sign}>
                  {piece.text}
                </mark>
              ),
            )}
        </p>
      ) : (
        <p className="faint">No such trial.</p>
      )}
      {trial ? <TrialScores scores={trial.scores} /> : null}
    </section>
  );
}
