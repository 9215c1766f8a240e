import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { get, post } from "../../api/client";
import type { Page, Table, TraceSummary } from "../../api/types";
import type { FilterField } from "./filter";
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
    // Live mode watches the newest page; older ones would be fetched again on every poll.
    refetchInterval: live ? 2000 : false,
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

/** Fields of the language when the server does not list them. */
const KNOWN: FilterField[] = [
  { name: "name", type: "string", description: "span name" },
  { name: "kind", type: "string", description: "what the step did" },
  { name: "status", type: "string", description: "UNSET, OK or ERROR", values: ["OK", "ERROR", "UNSET"] },
  { name: "latency_ms", type: "number", description: "duration in milliseconds" },
  { name: "model", type: "string", description: "model that answered" },
  { name: "agent_name", type: "string", description: "agent" },
  { name: "tool_name", type: "string", description: "tool" },
  { name: "input", type: "string", description: "text that went in" },
  { name: "output", type: "string", description: "text that came out" },
  { name: "session_id", type: "string", description: "session" },
  { name: "user_id", type: "string", description: "user" },
  { name: "environment", type: "string", description: "deployment environment" },
  { name: "release", type: "string", description: "release or commit" },
  { name: "input_tokens", type: "number", description: "tokens in" },
  { name: "output_tokens", type: "number", description: "tokens out" },
  { name: "cost", type: "number", description: "cost in USD" },
];

interface ListedField {
  name: string;
  type?: string;
  description?: string;
  values?: string[];
}

function fieldOf(listed: ListedField): FilterField {
  const type = (listed.type ?? "string").toLowerCase();
  const shape = /int|float|num|double/.test(type)
    ? "number"
    : /bool/.test(type)
      ? "boolean"
      : /time|instant/.test(type)
        ? "time"
        : /list|array|set/.test(type)
          ? "list"
          : "string";
  const values = listed.values?.length ? listed.values : undefined;
  return { name: listed.name, type: shape, description: listed.description ?? "", values };
}

export function useFilterFields(): FilterField[] {
  const { data } = useQuery({
    queryKey: ["filter-fields"],
    queryFn: ({ signal }) => get<{ items: ListedField[] }>("/filter-fields", {}, signal),
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });
  return data?.items.map(fieldOf) ?? KNOWN;
}
