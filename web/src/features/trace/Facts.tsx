import type { Score } from "../../api/types";
import { Badge, ScoreBadge } from "../../ui/Badge";
import { cost, count, duration, plural } from "../../ui/format";
import { useTraceView } from "./context";
import { FLAGS } from "./flags";
import { TAKEN_BACK } from "./judging";
import type { TraceNode } from "./outline";
import css from "./Trace.module.css";

/** Marks of a span that may not be missed: it failed, its parent is not here, it was repaired. */
export function Marks({ node }: { node: TraceNode }) {
  return (
    <>
      {node.status === "ERROR" ? <Badge tone="bad">failed</Badge> : null}
      {node.orphan ? (
        <Badge tone="warn" title={`Its parent ${node.parent_span_id} never arrived`}>
          orphan
        </Badge>
      ) : null}
      {node.flags.length ? (
        <Badge tone="warn" title={node.flags.map((flag) => FLAGS[flag] ?? flag).join("; ")}>
          repaired
        </Badge>
      ) : null}
    </>
  );
}

/** What a model call, or an agent with all below it, used. Unpriced is said, never shown as nothing. */
export function Usage({ node, below = false }: { node: TraceNode; below?: boolean }) {
  const { tree, totals } = useTraceView();
  const own = { tokens: node.output_tokens, cost: node.cost, unpriced: node.cost_source === "unpriced" ? 1 : 0 };
  const used = (below && totals[tree.index.get(node.span_id) ?? -1]) || own;
  if (node.usage_rollup && !below) return null;
  return (
    <>
      {used.tokens !== null ? (
        <span className="faint num" title={below ? "Tokens of all its steps" : "Tokens that came out"}>
          {count(used.tokens)} tok
        </span>
      ) : null}
      {used.unpriced ? (
        <span className="warn num" title={`${plural(used.unpriced, "span")} with usage but no known price`}>
          {used.cost === null ? "unpriced" : `≥ ${cost(used.cost)}`}
        </span>
      ) : used.cost !== null ? (
        <span className="faint num">{cost(used.cost)}</span>
      ) : null}
    </>
  );
}

const SHOWN = 3;

export function Facts({ node, below = false }: { node: TraceNode; below?: boolean }) {
  const { hits, picked } = useTraceView();
  const more = node.scores.length - SHOWN;
  return (
    <>
      {picked.has(node.span_id) ? <Badge tone="accent">selected</Badge> : null}
      {hits.has(node.span_id) ? <Badge tone="accent">{plural(hits.get(node.span_id) ?? 0, "hit")}</Badge> : null}
      {node.scores.slice(0, SHOWN).map((score) => (
        <ScoreBadge key={score.name} score={score} />
      ))}
      {more > 0 ? <span className="faint num">+{more}</span> : null}
      <Marks node={node} />
      <Usage node={node} below={below} />
      <span className="num dim">{duration(node.duration_ms)}</span>
    </>
  );
}

const REMARKS = 4;
const LONG = 280;

/** Why a step was judged as it was: notes of people, and the reasons of verdicts that went against it. */
export function Remarks({ node }: { node: TraceNode }) {
  const { remarks } = useTraceView();
  const told = (remarks.get(node.span_id) ?? []).filter(tellsWhy);
  if (!told.length) return null;
  return (
    <ul className={css.remarks} aria-label="Verdicts">
      {told.slice(0, REMARKS).map((score) => (
        <li key={score.id} data-bad={against(score) || undefined}>
          <b>{score.name}</b> <span>{score.label || score.value}</span>
          <span className="dim">{(score.explanation || score.reason).slice(0, LONG)}</span>
        </li>
      ))}
      {told.length > REMARKS ? <li className="faint">{told.length - REMARKS} more under Scores</li> : null}
    </ul>
  );
}

function against(score: Score): boolean {
  return score.status === "scored" && score.type === "boolean" && score.value === 0;
}

function tellsWhy(score: Score): boolean {
  if (score.reason === TAKEN_BACK) return false;
  return Boolean(score.explanation) && (score.source === "human" || score.source === "user" || against(score));
}
