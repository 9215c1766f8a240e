import { IconAlertTriangle } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { ColumnDef } from "@tanstack/react-table";
import type { TraceSummary } from "../../api/types";
import { Badge, ScoreCell } from "../../ui/Badge";
import { cost, count, duration, fullTime, oneLine, when } from "../../ui/format";
import { KindIcon } from "../../ui/Kind";
import { gist } from "../../ui/preview";
import ui from "../../ui/ui.module.css";
import css from "./Traces.module.css";

export const COLUMN_LABELS: Record<string, string> = {
  input: "Input",
  output: "Output",
  scores: "Scores",
  duration: "Latency",
  tokens: "Tokens",
  cost: "Cost",
  spans: "Spans",
  start: "Start",
  session: "Session",
  user: "User",
  agent: "Agent",
  environment: "Environment",
  release: "Release",
  models: "Models",
};

const HIDDEN = new Set(["spans", "session", "user", "agent", "environment", "release", "models"]);

/** The columns a URL asks for; without one, the usual ones. */
export function visibleColumns(value?: string): Set<string> {
  if (value !== undefined) return new Set(value.split(","));
  return new Set(Object.keys(COLUMN_LABELS).filter((id) => !HIDDEN.has(id)));
}

/** Column meta: least width, share of what is left over, alignment, and the name the server sorts by. */
export interface Meta {
  width: number;
  grow?: number;
  right?: boolean;
  sort?: string;
}

type Column = ColumnDef<TraceSummary> & { id: string; meta: Meta };

export const COLUMNS: Column[] = [
  {
    id: "name",
    header: "Name",
    meta: { width: 196, grow: 1.6 },
    cell: ({ row: { original: t } }) => (
      <span className={css.name}>
        <KindIcon kind={t.kind} />
        <Link
          to="/traces/$traceId"
          params={{ traceId: t.trace_id }}
          search={{ project: t.project }}
          className="cut"
          tabIndex={-1}
        >
          {t.name || "(no name)"}
        </Link>
        {t.root_missing ? (
          <Badge tone="warn" title="The root span of this trace has not arrived">
            no root
          </Badge>
        ) : null}
        <TraceHealth trace={t} />
      </span>
    ),
  },
  {
    id: "input",
    header: "Input",
    meta: { width: 120, grow: 2.4 },
    cell: ({ row }) => <span className="cut dim">{oneLine(gist(row.original.input_preview))}</span>,
  },
  {
    id: "output",
    header: "Output",
    meta: { width: 120, grow: 2.4 },
    cell: ({ row }) => <span className="cut dim">{oneLine(gist(row.original.output_preview))}</span>,
  },
  {
    id: "scores",
    header: "Scores",
    meta: { width: 150, grow: 0.8 },
    cell: ({ row }) => (
      <span className={ui.scores}>
        <ScoreCell scores={row.original.scores} />
      </span>
    ),
  },
  {
    id: "duration",
    header: "Latency",
    meta: { width: 78, right: true, sort: "trace_latency_ms" },
    cell: ({ row }) => duration(row.original.duration_ms),
  },
  {
    id: "tokens",
    header: "Tokens",
    meta: { width: 64, right: true, sort: "trace_tokens" },
    cell: ({ row: { original: t } }) => (
      <span title={`${count(t.input_tokens)} in, ${count(t.output_tokens)} out`}>
        {t.input_tokens === null && t.output_tokens === null
          ? "–"
          : count((t.input_tokens ?? 0) + (t.output_tokens ?? 0))}
      </span>
    ),
  },
  {
    id: "cost",
    header: "Cost",
    meta: { width: 84, right: true, sort: "trace_cost" },
    cell: ({ row }) => <Cost of={row.original} />,
  },
  {
    id: "spans",
    header: "Spans",
    meta: { width: 58, right: true, sort: "span_count" },
    cell: ({ row }) => count(row.original.span_count),
  },
  {
    id: "start",
    header: "Start",
    meta: { width: 132, sort: "start_time" },
    cell: ({ row }) => <span title={fullTime(row.original.start_time)}>{when(row.original.start_time)}</span>,
  },
  {
    id: "session",
    header: "Session",
    meta: { width: 92 },
    cell: ({ row: { original: t } }) =>
      t.session_id ? (
        <Link to="/sessions/$sessionId" params={{ sessionId: t.session_id }} className="cut mono" tabIndex={-1}>
          {t.session_id}
        </Link>
      ) : (
        <span className="faint">–</span>
      ),
  },
  { id: "user", header: "User", meta: { width: 90 }, cell: ({ row }) => <Text value={row.original.user_id} /> },
  {
    id: "agent",
    header: "Agent",
    meta: { width: 120 },
    cell: ({ row }) => <Text value={row.original.agent_name} />,
  },
  {
    id: "environment",
    header: "Environment",
    meta: { width: 100 },
    cell: ({ row }) => <Text value={row.original.environment} />,
  },
  {
    id: "release",
    header: "Release",
    meta: { width: 90 },
    cell: ({ row }) => <Text value={row.original.release} />,
  },
  {
    id: "models",
    header: "Models",
    meta: { width: 150 },
    cell: ({ row }) => <Text value={row.original.models.join(", ")} />,
  },
];

function Text({ value }: { value: string }) {
  return <span className={value ? "cut" : "faint"}>{value || "–"}</span>;
}

function TraceHealth({ trace }: { trace: TraceSummary }) {
  if (trace.error_count)
    return (
      <Badge tone="bad" title={`${trace.error_count} of ${trace.span_count} spans failed`}>
        {count(trace.error_count)} err
      </Badge>
    );
  if (trace.flagged_spans)
    return (
      <span className="warn" title={`${trace.flagged_spans} spans were repaired on arrival`}>
        <IconAlertTriangle size={13} aria-label={`${trace.flagged_spans} spans were repaired on arrival`} />
      </span>
    );
  return null;
}

/** A cost; "≥" marks a lower bound, because some spans could not be priced. */
export function Cost({ of }: { of: { cost: number | null; unpriced_spans: number } }) {
  const text = cost(of.cost);
  if (!of.unpriced_spans) return <>{text}</>;
  const spans = `${of.unpriced_spans} span${of.unpriced_spans === 1 ? "" : "s"} with usage but no known price`;
  return <span title={`At least this: ${spans}`}>{of.cost === null ? "unpriced" : `≥ ${text}`}</span>;
}
