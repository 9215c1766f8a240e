import { Link, useParams } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useMemo, useRef } from "react";
import type { TraceSummary } from "../../api/types";
import { Badge, ScoreBadge } from "../../ui/Badge";
import { CopyButton } from "../../ui/Copy";
import { duration, instant, plural } from "../../ui/format";
import { Failure, Loading } from "../../ui/Notice";
import { PageFrame, PageHeader } from "../../ui/Page";
import { useProject } from "../shell/project";
import { Cost } from "../traces/columns";
import { type SessionDetail, useSession } from "./queries";
import css from "./Session.module.css";
import { Turn } from "./Turn";

/** A session as the conversation it was: each trace one exchange, in order. */
export function SessionPage() {
  const { sessionId } = useParams({ from: "/sessions/$sessionId" });
  const project = useProject();
  const session = useSession(project, sessionId);
  const s = session.data;
  const failed = s ? sum(s.traces, "error_count") : 0;
  return (
    <PageFrame
      header={
        <PageHeader
          crumb={<Link to="/sessions">Sessions</Link>}
          title={<span className="mono">{sessionId}</span>}
          extra={<CopyButton value={sessionId} label="Copy session id" />}
          below={
            <span className={css.badges}>
              {s ? (
                <>
                  <Badge title="From the first start to the last end">
                    {duration(instant(s.end_time) - instant(s.start_time))}
                  </Badge>
                  <Badge>{plural(s.trace_count, "trace")}</Badge>
                  <Badge>{plural(sum(s.traces, "span_count"), "span")}</Badge>
                  {failed ? <Badge tone="bad">{plural(failed, "error")}</Badge> : null}
                  <Badge>
                    <Cost of={spent(s)} />
                  </Badge>
                  {s.user_id ? <Badge title="User">{s.user_id}</Badge> : null}
                  {s.scores.map((score) => (
                    <ScoreBadge key={score.name} score={score} />
                  ))}
                </>
              ) : null}
            </span>
          }
        />
      }
    >
      {session.error ? <Failure error={session.error} retry={() => session.refetch()} /> : null}
      {session.isPending ? <Loading what="Opening the session" /> : null}
      {s ? <Conversation traces={s.traces} /> : null}
    </PageFrame>
  );
}

/** The turns in order; of a long session only those in sight exist. */
function Conversation({ traces }: { traces: TraceSummary[] }) {
  const scroller = useRef<HTMLDivElement>(null);
  const ordered = useMemo(() => traces.toSorted((a, b) => (a.start_time < b.start_time ? -1 : 1)), [traces]);
  const virtual = useVirtualizer({
    count: ordered.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 190,
    getItemKey: (i) => ordered[i]?.trace_id ?? i,
    overscan: 3,
  });
  return (
    <div ref={scroller} className={css.scroller} role="feed" aria-label="Conversation" tabIndex={0}>
      <div className={css.turns} style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((item) => {
          const trace = ordered[item.index];
          return trace ? (
            <article
              key={item.key}
              ref={virtual.measureElement}
              data-index={item.index}
              aria-posinset={item.index + 1}
              aria-setsize={ordered.length}
              className={css.place}
              style={{ transform: `translateY(${item.start}px)` }}
            >
              <Turn trace={trace} number={item.index + 1} />
            </article>
          ) : null;
        })}
      </div>
    </div>
  );
}

/** What the whole traces cost, which is what the list of turns below adds up to. */
function spent(session: SessionDetail): Pick<SessionDetail, "cost" | "unpriced_spans"> {
  const known = session.traces.map((trace) => trace.cost).filter((cost): cost is number => cost !== null);
  return {
    cost: known.length ? known.reduce((a, b) => a + b, 0) : null,
    unpriced_spans: session.traces.reduce((total, trace) => total + trace.unpriced_spans, 0),
  };
}

/** Over whole traces: spans that do not name their session belong to it through their trace. */
function sum(traces: TraceSummary[], field: "span_count" | "error_count"): number {
  return traces.reduce((total, trace) => total + trace[field], 0);
}
