import { useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { ApiError } from "../../api/client";
import type { SessionSummary } from "../../api/types";
import { ScoreCell } from "../../ui/Badge";
import { type Column, DataTable } from "../../ui/DataTable";
import { FirstData } from "../../ui/FirstData";
import { count, duration, fullTime, instant, oneLine, when } from "../../ui/format";
import { Failure, Loading, Notice } from "../../ui/Notice";
import { PageFrame, PageHeader } from "../../ui/Page";
import { gist } from "../../ui/preview";
import ui from "../../ui/ui.module.css";
import { useProject, useProjects } from "../shell/project";
import { Cost } from "../traces/columns";
import { FilterBar } from "../traces/FilterBar";
import { RangePicker } from "../traces/RangePicker";
import { timeWindow } from "../traces/range";
import traces from "../traces/Traces.module.css";
import { useSessions } from "./queries";

const COLUMNS: Column<SessionSummary>[] = [
  {
    label: "Session",
    width: 170,
    cell: (s) => <span className="mono cut">{s.session_id}</span>,
  },
  { label: "First input", grow: 2, cell: (s) => <span className="cut">{oneLine(gist(s.first_input)) || "–"}</span> },
  {
    label: "Last output",
    grow: 2,
    cell: (s) => <span className="cut dim">{oneLine(gist(s.last_output)) || "–"}</span>,
  },
  {
    label: "Scores",
    width: 190,
    cell: (s) => (
      <span className={ui.scores}>
        <ScoreCell scores={s.scores} />
      </span>
    ),
  },
  { label: "Traces", width: 66, right: true, cell: (s) => count(s.trace_count) },
  {
    label: "Errors",
    width: 66,
    right: true,
    cell: (s) => <span className={s.error_count ? "bad" : "faint"}>{count(s.error_count)}</span>,
  },
  {
    label: "Length",
    width: 84,
    right: true,
    cell: (s) => duration(instant(s.end_time) - instant(s.start_time)),
  },
  { label: "Cost", width: 86, right: true, cell: (s) => <Cost of={s} /> },
  { label: "User", width: 110, cell: (s) => <span className="cut">{s.user_id || "–"}</span> },
  { label: "Start", width: 150, cell: (s) => <span title={fullTime(s.start_time)}>{when(s.start_time)}</span> },
];

export function SessionsPage() {
  const search = useSearch({ from: "/sessions" });
  const navigate = useNavigate({ from: "/sessions" });
  const project = useProject();
  const projects = useProjects();
  const filter = search.filter ?? "";
  const { range, start, end } = search;
  const window = useMemo(() => timeWindow({ range, start, end }, Date.now()), [range, start, end]);
  const sessions = useSessions(project, filter, window);
  const items = sessions.data?.pages.flatMap((page) => page.items) ?? [];
  const problem = sessions.error instanceof ApiError ? sessions.error.problem : null;
  const filterProblem = problem?.position !== undefined ? problem : null;
  const set = (next: Partial<typeof search>) => navigate({ search: (old) => ({ ...old, ...next }), replace: true });
  const narrowed = Boolean(filter || window.start || window.end);
  if (projects.isSuccess && !project) return <FirstData what="sessions" />;
  return (
    <PageFrame
      header={
        <PageHeader
          title="Sessions"
          extra={<span className="faint">{project}</span>}
          actions={<RangePicker search={search} onChange={set} />}
        />
      }
    >
      <div className={traces.bar}>
        <FilterBar
          value={filter}
          problem={filterProblem}
          project={project}
          onChange={(next) => set({ filter: next || undefined })}
        />
      </div>
      {sessions.error && !filterProblem ? (
        <Failure error={sessions.error} retry={() => sessions.refetch()} />
      ) : sessions.isPending ? (
        <Loading what="Looking for sessions" />
      ) : items.length ? (
        <DataTable
          label="Sessions"
          columns={COLUMNS}
          rows={items}
          keyOf={(s) => s.session_id}
          nameOf={(s) => `session ${s.session_id}`}
          onOpen={(s) =>
            navigate({
              to: "/sessions/$sessionId",
              params: { sessionId: s.session_id },
              search: { project: s.project },
            })
          }
          more={sessions.hasNextPage}
          onMore={() => sessions.fetchNextPage()}
        />
      ) : (
        <Notice
          title={narrowed ? "No session matches" : "No session here"}
          detail="A session groups the traces of one conversation. Set session.id (or gen_ai.conversation.id) on your spans and they appear."
        />
      )}
    </PageFrame>
  );
}
