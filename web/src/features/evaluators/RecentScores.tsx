import { Button, SegmentedControl } from "@mantine/core";
import { useState } from "react";
import type { Score } from "../../api/types";
import { Badge, type Tone } from "../../ui/Badge";
import { ago, cost, duration } from "../../ui/format";
import { Failure, Loading } from "../../ui/Notice";
import ui from "../../ui/ui.module.css";
import css from "./Evaluators.module.css";
import { PlaceLink } from "./PlaceLink";
import { useRecentScores } from "./queries";

export function toneOf(score: Score): Tone {
  if (score.status === "errored") return "bad";
  if (score.status !== "scored") return "warn";
  if (score.type !== "boolean") return "plain";
  return score.value === 1 ? "ok" : "bad";
}

export function shownValue(score: Score): string {
  if (score.status !== "scored") return score.status;
  return score.label || (score.value === null ? "no value" : String(Number(score.value.toPrecision(4))));
}

const FIRST = 8;
const STATUSES = ["all", "scored", "skipped", "unseen", "errored"];

/** The newest scores of an evaluator, each with the way to what it judged and to the judge's own trace. */
export function RecentScores({ project, name }: { project: string; name: string }) {
  const [status, setStatus] = useState("all");
  const scores = useRecentScores(project, name, status === "all" ? "" : status);
  const [every, setEvery] = useState(false);
  const found = scores.data?.items ?? [];
  const items = every ? found : found.slice(0, FIRST);
  return (
    <section className={ui.section} aria-label="Recent scores">
      <h2>Recent scores</h2>
      <div className={css.pick}>
        <SegmentedControl aria-label="Status" data={STATUSES} value={status} onChange={setStatus} />
      </div>
      {scores.error ? <Failure error={scores.error} /> : null}
      {scores.isPending ? <Loading /> : null}
      {scores.isSuccess && !items.length ? <p>None{status === "all" ? " yet" : ` is ${status}`}.</p> : null}
      {items.length ? (
        <div className={css.wide} tabIndex={0} role="region" aria-label="Table of recent scores">
          <table className={ui.table}>
            <tbody>
              {items.map((score) => (
                <tr key={score.id}>
                  <td style={{ whiteSpace: "nowrap" }}>
                    <PlaceLink place={score} />
                    <div className="faint">{ago(score.created_time)}</div>
                  </td>
                  <td>
                    <Badge tone={toneOf(score)}>{shownValue(score)}</Badge>
                    <div className="faint mono">{score.evaluator_version.slice(0, 8)}</div>
                  </td>
                  <td>
                    <div className={ui.preview}>{score.reason || score.explanation || "–"}</div>
                  </td>
                  <td className="num faint" style={{ whiteSpace: "nowrap" }}>
                    {score.latency_ms === null ? "" : duration(score.latency_ms)}
                    <div>{score.cost === null ? "" : cost(score.cost)}</div>
                    {score.judge_trace_id ? (
                      <PlaceLink place={{ ...score, trace_id: score.judge_trace_id, span_id: "" }}>judge</PlaceLink>
                    ) : null}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ) : null}
      {items.length < found.length ? (
        <p>
          <Button size="compact-xs" variant="subtle" onClick={() => setEvery(true)}>
            Show {found.length}
          </Button>
        </p>
      ) : null}
    </section>
  );
}
