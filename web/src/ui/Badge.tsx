import { Tooltip } from "@mantine/core";
import type { ReactNode } from "react";
import type { ScoreSummary } from "../api/types";
import css from "./ui.module.css";

export type Tone = "plain" | "ok" | "bad" | "warn" | "accent";

export function Badge({ children, tone = "plain", title }: { children: ReactNode; tone?: Tone; title?: string }) {
  const badge = (
    <span className={css.badge} data-tone={tone}>
      {children}
    </span>
  );
  return title ? (
    <Tooltip label={title} maw={360}>
      {badge}
    </Tooltip>
  ) : (
    badge
  );
}

const YES_NO = new Set(["pass", "fail", "true", "false", "yes", "no", "correct", "incorrect"]);

function toneOf(score: ScoreSummary): Tone {
  if (score.errored && score.errored === score.count) return "warn";
  // A number alone is no verdict: 1 is the best of a share and the worst of five stars.
  if (!YES_NO.has(score.label.toLowerCase())) return "plain";
  if (score.mean === 0) return "bad";
  if (score.mean === 1) return "ok";
  return "plain";
}

function meanText(score: ScoreSummary): string {
  if (score.count === 1 && score.label) return score.label;
  if (score.mean === null) return score.label || "no value";
  // A mean of few values has no more than two digits worth reading.
  return Number.isInteger(score.mean) ? String(score.mean) : score.mean.toFixed(2);
}

/** A score in a table cell: name, value and, on hover, how many it stands for. */
export function ScoreBadge({ score }: { score: ScoreSummary }) {
  const errored = score.errored ? `, ${score.errored} errored` : "";
  const what = score.mean === null ? "the commonest" : "mean";
  const how = score.count === 1 ? "one score" : `${what} of n = ${score.count}, no interval shown here`;
  return (
    <Badge tone={toneOf(score)} title={`${score.name}: ${meanText(score)} (${how}${errored})`}>
      <span className="cut">{score.name}</span>
      <b className="num">{meanText(score)}</b>
      {score.count > 1 ? <span className="num">n={score.count}</span> : null}
    </Badge>
  );
}

/** What a table row has room for: the worst score, and how many more there are. */
export function ScoreCell({ scores }: { scores: ScoreSummary[] }) {
  const told = scores.filter((score) => score.label || score.mean !== null);
  const worst = told.toSorted((a, b) => (a.mean ?? 1) - (b.mean ?? 1))[0];
  if (!worst) return null;
  const rest = told.length - 1;
  const all = told.map((score) => `${score.name}: ${meanText(score)}`).join("\n");
  return (
    <>
      <ScoreBadge score={worst} />
      {rest > 0 ? (
        <span className="faint num" title={all}>
          +{rest}
        </span>
      ) : null}
    </>
  );
}
