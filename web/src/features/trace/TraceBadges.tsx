import { IconClock, IconCoin, IconMessages } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { TraceSummary } from "../../api/types";
import { Badge, ScoreBadge } from "../../ui/Badge";
import { CopyId } from "../../ui/Copy";
import { cost, count, duration, fullTime, plural, when } from "../../ui/format";
import type { TraceNode } from "./outline";
import css from "./Trace.module.css";

export function TraceBadges({ summary: t, nodes }: { summary: TraceSummary; nodes: TraceNode[] }) {
  const orphans = nodes.reduce((n, node) => n + (node.orphan ? 1 : 0), 0);
  const tokens = t.input_tokens === null && t.output_tokens === null;
  return (
    <div className={css.badges}>
      <CopyId value={t.trace_id} label="trace id" />
      {t.error_count ? <Badge tone="bad">{count(t.error_count)} failed</Badge> : <Badge tone="ok">no errors</Badge>}
      <Badge title="From the first start to the last end">
        <IconClock size={12} aria-hidden />
        {duration(t.duration_ms)}
      </Badge>
      <Badge
        tone={t.unpriced_spans ? "warn" : "plain"}
        title={
          t.cost === null && !t.unpriced_spans
            ? "No span reported tokens of a model, or a cost"
            : t.unpriced_spans
              ? `A lower bound: ${t.unpriced_spans} spans used tokens but have no known price`
              : "Sum over all spans, roll-ups counted once"
        }
      >
        <IconCoin size={12} aria-hidden />
        {t.unpriced_spans
          ? t.cost === null
            ? "unpriced"
            : `≥ ${cost(t.cost)}`
          : t.cost === null
            ? "cost unknown"
            : cost(t.cost)}
      </Badge>
      <Badge title={tokens ? "No span reported tokens" : `${count(t.input_tokens)} in, ${count(t.output_tokens)} out`}>
        {tokens ? "tokens unknown" : `${count((t.input_tokens ?? 0) + (t.output_tokens ?? 0))} tokens`}
      </Badge>
      <Badge>{plural(t.span_count, "span")}</Badge>
      <Badge title={fullTime(t.start_time)}>{when(t.start_time)}</Badge>
      {t.environment ? <Badge>{t.environment}</Badge> : null}
      {t.release ? <Badge title="Release">{t.release}</Badge> : null}
      {t.user_id ? <Badge title="User">{t.user_id}</Badge> : null}
      {t.session_id ? (
        <Link to="/sessions/$sessionId" params={{ sessionId: t.session_id }} className="link">
          <Badge tone="accent">
            <IconMessages size={12} aria-hidden />
            Session
          </Badge>
        </Link>
      ) : null}
      {t.root_missing ? (
        <Badge tone="warn" title="The root span of this trace has not arrived">
          no root
        </Badge>
      ) : null}
      {orphans ? (
        <Badge tone="warn" title="Spans whose parent never arrived; shown as roots">
          {orphans} orphaned
        </Badge>
      ) : null}
      {t.flagged_spans ? (
        <Badge tone="warn" title="Spans repaired on arrival; each says how under Attributes">
          {t.flagged_spans} repaired
        </Badge>
      ) : null}
      {t.scores.map((score) => (
        <ScoreBadge key={score.name} score={score} />
      ))}
    </div>
  );
}
