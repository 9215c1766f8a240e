import type { SpanDetail } from "../../api/types";
import { Badge } from "../../ui/Badge";
import { CopyId } from "../../ui/Copy";
import { cost, count, duration, fullTime, percent, plural, when } from "../../ui/format";
import { useTraceView } from "./context";
import { Marks } from "./Facts";
import type { TraceNode } from "./outline";
import css from "./Trace.module.css";

/** The figures of one span, each with its share of the trace's. */
export function SpanBadges({ node, span }: { node: TraceNode; span?: SpanDetail }) {
  const started = new Date(node.start).toISOString();
  const tokens = node.input_tokens !== null || node.output_tokens !== null;
  return (
    <div className={css.badges}>
      <CopyId value={node.span_id} label="span id" />
      <Badge>{node.kind}</Badge>
      <Marks node={node} />
      <Badge title={`${percent(node.latency_share)} of the trace's time is this span's own, without its children`}>
        {duration(node.duration_ms)}
        <span className="faint">{percent(node.latency_share)} own</span>
      </Badge>
      {node.model ? <Badge>{node.model}</Badge> : null}
      {tokens ? (
        <Badge title={usageText(node, span)}>
          {count(node.input_tokens)} → {count(node.output_tokens)} tokens{node.usage_rollup ? " (roll-up)" : ""}
        </Badge>
      ) : null}
      <CostBadge node={node} />
      <BelowBadge node={node} />
      {span?.ttft_ms ? <Badge title="Time to the first token">first token {duration(span.ttft_ms)}</Badge> : null}
      <Badge title={fullTime(started)}>{when(started)}</Badge>
    </div>
  );
}

function CostBadge({ node }: { node: TraceNode }) {
  const { summary } = useTraceView();
  if (node.cost_source === "unpriced")
    return (
      <Badge tone="warn" title="Tokens are known, but this model has no known price">
        unpriced
      </Badge>
    );
  if (node.cost === null) return null;
  const source = node.cost_source === "reported" ? "As the sender reported it" : "From tokens and the price list";
  const share = summary.cost && !node.usage_rollup ? percent(node.cost / summary.cost) : "";
  const of = summary.unpriced_spans ? "of what could be priced in the trace" : "of the trace's cost";
  return (
    <Badge title={share ? `${source}; ${share} ${of}` : source}>
      {cost(node.cost)}
      {share ? <span className="faint">{share}</span> : null}
    </Badge>
  );
}

/** What a span that others work under cost together with them. */
function BelowBadge({ node }: { node: TraceNode }) {
  const { tree, totals, summary } = useTraceView();
  const used = totals[tree.index.get(node.span_id) ?? -1];
  if (!used || used.spans < 2 || (used.cost === null && !used.unpriced)) return null;
  const bound = used.unpriced ? "≥ " : "";
  const share = summary.cost && used.cost !== null ? percent(used.cost / summary.cost) : "";
  const title = `With ${plural(used.spans - 1, "span")} below${used.unpriced ? `; ${used.unpriced} have no known price` : ""}`;
  return (
    <Badge title={title} tone={used.unpriced ? "warn" : "plain"}>
      {used.cost === null ? "unpriced" : `${bound}${cost(used.cost)}`} with below
      {share ? <span className="faint">{share}</span> : null}
    </Badge>
  );
}

function usageText(node: TraceNode, span?: SpanDetail): string {
  const extras = span
    ? [
        ["cache reads", span.cache_read_tokens],
        ["cache writes", span.cache_write_tokens],
        ["reasoning", span.reasoning_tokens],
      ]
        .filter(([, n]) => n !== null && n !== undefined)
        .map(([label, n]) => `${count(n as number)} ${label}`)
    : [];
  const rollup = node.usage_rollup ? ["repeats what the steps below used, not added to the total"] : [];
  return [`${count(node.input_tokens)} in, ${count(node.output_tokens)} out`, ...extras, ...rollup].join(", ");
}
