import { Link, useParams } from "@tanstack/react-router";
import type { TraceSummary } from "../../api/types";
import { Badge, ScoreBadge } from "../../ui/Badge";
import { CopyButton } from "../../ui/Copy";
import { count, duration, fullTime, plural, when } from "../../ui/format";
import { MarkdownText } from "../../ui/MarkdownText";
import { Failure, Loading } from "../../ui/Notice";
import { PageFrame, PageHeader, Scroll } from "../../ui/Page";
import { previewText } from "../../ui/preview";
import { useProject } from "../shell/project";
import { Cost } from "../traces/columns";
import { type SessionDetail, useSession } from "./queries";
import css from "./Session.module.css";

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
          extra={
            <>
              <CopyButton value={sessionId} label="Copy session id" />
              {s ? (
                <>
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
            </>
          }
        />
      }
    >
      {session.error ? <Failure error={session.error} retry={() => session.refetch()} /> : null}
      {session.isPending ? <Loading what="Opening the session" /> : null}
      {s ? (
        <Scroll label="Conversation">
          <ol className={css.turns}>
            {[...s.traces]
              .sort((a, b) => (a.start_time < b.start_time ? -1 : 1))
              .map((trace, i) => (
                <Turn key={trace.trace_id} trace={trace} number={i + 1} />
              ))}
          </ol>
        </Scroll>
      ) : null}
    </PageFrame>
  );
}

function Turn({ trace, number }: { trace: TraceSummary; number: number }) {
  const tokens =
    trace.input_tokens === null && trace.output_tokens === null
      ? null
      : (trace.input_tokens ?? 0) + (trace.output_tokens ?? 0);
  return (
    <li className={css.turn}>
      <div className={css.head}>
        <span className="faint num">{number}</span>
        <Link
          to="/traces/$traceId"
          params={{ traceId: trace.trace_id }}
          search={{ project: trace.project }}
          className="link"
        >
          {trace.name || "(no name)"}
        </Link>
        <span className="faint" title={fullTime(trace.start_time)}>
          {when(trace.start_time)}
        </span>
        <span className={css.facts}>
          {trace.scores.map((score) => (
            <ScoreBadge key={score.name} score={score} />
          ))}
          {trace.error_count ? <Badge tone="bad">{plural(trace.error_count, "error")}</Badge> : null}
          <span className="faint num">{plural(trace.span_count, "span")}</span>
          <span className="faint num">{tokens === null ? "– tok" : `${count(tokens)} tok`}</span>
          <span className="num">{duration(trace.duration_ms)}</span>
        </span>
      </div>
      <div className={css.said} data-who="user">
        <span className={css.who}>In</span>
        <MarkdownText text={previewText(trace.input_preview) || "Nothing was recorded."} />
      </div>
      <div className={css.said}>
        <span className={css.who}>Out</span>
        <MarkdownText text={previewText(trace.output_preview) || "Nothing was recorded."} />
      </div>
    </li>
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
