import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { get, post } from "../../api/client";
import type { Page, Table, TraceSummary } from "../../api/types";
import type { TimeWindow } from "./range";

export interface TracesQuery {
  project: string;
  filter: string;
  sort: string;
  window: TimeWindow;
  live: boolean;
}

const PAGE_SIZE = 100;

export function useTraces(query: TracesQuery) {
  const { project, filter, sort, window, live } = query;
  return useInfiniteQuery({
    queryKey: ["traces", query],
    queryFn: ({ pageParam, signal }) =>
      get<Page<TraceSummary>>(
        "/traces",
        { project, filter, sort, cursor: pageParam, limit: PAGE_SIZE, ...window },
        signal,
      ),
    initialPageParam: "",
    getNextPageParam: (last) => last.next_cursor || undefined,
    enabled: Boolean(project),
    placeholderData: keepPreviousData,
    // Live mode watches the newest page, for older ones would be fetched again on every poll; so does an empty table.
    refetchInterval: (query) => (live || query.state.data?.pages[0]?.items.length === 0 ? 2000 : false),
    maxPages: live ? 1 : undefined,
  });
}

export interface AggregateBody {
  project: string;
  group_by: string[];
  metrics: string[];
  filter: string;
  start?: string;
  end?: string;
  limit?: number;
}

export function useAggregate(body: AggregateBody, options: { enabled?: boolean; live?: boolean } = {}) {
  return useQuery({
    queryKey: ["aggregate", body],
    queryFn: ({ signal }) => post<Table>("/spans/aggregate", body, signal),
    enabled: Boolean(body.project) && options.enabled !== false,
    placeholderData: keepPreviousData,
    refetchInterval: options.live ? 5000 : false,
    retry: false,
  });
}

const NAMES: Record<string, string> = {
  score: "SELECT name, count() AS n FROM scores GROUP BY name ORDER BY n DESC LIMIT 200",
  // Of the newest spans only, and none of the huge ones: names are wanted while somebody types.
  attr: `SELECT arrayJoin(JSONExtractKeys(attributes)) AS key, count() AS n
    FROM (SELECT attributes FROM spans WHERE length(attributes) < 100000 ORDER BY start_time DESC LIMIT 300)
    GROUP BY key ORDER BY n DESC LIMIT 300`,
};

/** The names that `score("…")` or `attr("…")` may hold, the commonest first. */
export function useNames(project: string, of: string, enabled: boolean) {
  const query = NAMES[of];
  return useQuery({
    queryKey: ["names", of, project],
    queryFn: ({ signal }) => post<Table>("/sql", { query, project }, signal),
    enabled: Boolean(project && query) && enabled,
    staleTime: 60_000,
    retry: false,
  });
}
