import { queryOptions } from "@tanstack/react-query";
import { get } from "../../api/client";
import type { TraceOutline } from "../../api/types";
import { type Trace, traceOf } from "./outline";

/** One trace; `project` may be empty, then the server finds which holds it. */
export function load(project: string, traceId: string) {
  return queryOptions({
    queryKey: ["trace", traceId, project],
    queryFn: async ({ signal }): Promise<Trace> =>
      traceOf(await get<TraceOutline>(`/traces/${traceId}/outline`, { project }, signal)),
    staleTime: 60_000,
    structuralSharing: false,
  });
}
