import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { get } from "../../api/client";
import type { Page, SessionSummary, TraceSummary } from "../../api/types";
import type { TimeWindow } from "../traces/range";

export function useSessions(project: string, filter: string, window: TimeWindow) {
  return useInfiniteQuery({
    queryKey: ["sessions", project, filter, window],
    queryFn: ({ pageParam, signal }) =>
      get<Page<SessionSummary>>("/sessions", { project, filter, cursor: pageParam, limit: 100, ...window }, signal),
    initialPageParam: "",
    getNextPageParam: (last) => last.next_cursor || undefined,
    enabled: Boolean(project),
  });
}

export type SessionDetail = SessionSummary & { traces: TraceSummary[] };

export function useSession(project: string, sessionId: string) {
  return useQuery({
    queryKey: ["session", project, sessionId],
    queryFn: ({ signal }) => get<SessionDetail>(`/sessions/${encodeURIComponent(sessionId)}`, { project }, signal),
    enabled: Boolean(project),
  });
}
