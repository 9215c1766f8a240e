import type { TriedRubric } from "../../api/types";
import { Badge } from "../../ui/Badge";
import { EvidenceList } from "../../ui/EvidenceList";
import { cost, duration, plural } from "../../ui/format";
import css from "./Evaluators.module.css";
import { PlaceLink } from "./PlaceLink";
import { shownValue, toneOf } from "./RecentScores";

/** What a rubric said of each thing it was tried on, with what that took. */
export function TriedList({ tried }: { tried: TriedRubric }) {
  return (
    <>
      <p style={{ margin: 0, padding: "0 14px 10px" }} className="dim">
        {plural(tried.scores.length, "verdict")} in {duration(tried.latency_ms)},{" "}
        {tried.cost === null ? "cost unknown: the model has no known price" : cost(tried.cost)}
      </p>
      {tried.scores.map((score) => (
        <div key={`${score.name} ${score.trace_id} ${score.span_id} ${score.session_id}`} className={css.outcome}>
          <header>
            <Badge tone={toneOf(score)}>{shownValue(score)}</Badge>
            <b>{score.name}</b>
            <PlaceLink place={score} />
            <span className="faint num">
              {duration(score.latency_ms)} {score.cost === null ? "no price" : cost(score.cost)}
            </span>
          </header>
          {score.reason ? <p className="warn">{score.reason}</p> : null}
          {score.explanation ? <p>{score.explanation}</p> : null}
          <EvidenceList evidence={score.evidence} />
        </div>
      ))}
    </>
  );
}
