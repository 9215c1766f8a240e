import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { get } from "../../api/client";
import type { Page, SessionSummary, TraceSummary } from "../../api/types";

export function useSessions(project: string, filter: string) {
  return useInfiniteQuery({
    queryKey: ["sessions", project, filter],
    queryFn: ({ pageParam, signal }) =>
      get<Page<SessionSummary>>("/sessions", { project, filter, cursor: pageParam, limit: 100 }, signal),
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
