import type { Trial } from "../../api/types";
import { Badge, type Tone } from "../../ui/Badge";
import css from "./Experiments.module.css";

type Scores = Trial["scores"];
type One = Scores[string];

/** How one score of a trial is coloured: what was not scored is never taken for a failure, nor a number for a verdict.
 *
 * `most` is the highest value seen: on a scale that reaches beyond 1, a 1 is no success.
 */
export function toneOf(score: One, most = 1): Tone {
  if (score.status === "errored") return "warn";
  if (score.status !== "scored") return "plain";
  if (score.type !== "boolean" && (score.type !== "ordinal" || most > 1)) return "plain";
  return score.value === 0 ? "bad" : score.value === 1 ? "ok" : "plain";
}

export function scoreText(score: One): string {
  if (score.status !== "scored") return score.status;
  return score.label || (score.value === null ? "no value" : String(Number(score.value.toPrecision(3))));
}

/** All scores of a trial in the order of their names, with their reasons on hover. */
export function TrialScores({ scores }: { scores: Scores }) {
  return (
    <div className={css.trialScores}>
      {Object.entries(scores)
        .sort(([a], [b]) => a.localeCompare(b))
        .map(([name, score]) => (
          <Badge key={name} tone={toneOf(score)} title={score.explanation || undefined}>
            {name} <b>{scoreText(score)}</b>
          </Badge>
        ))}
    </div>
  );
}
