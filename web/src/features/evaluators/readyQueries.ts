import { useQuery } from "@tanstack/react-query";
import { get } from "../../api/client";
import type { ReadyDetail, ReadySummary } from "../../api/types";

export function useReadyEvaluators(project: string) {
  return useQuery({
    queryKey: ["ready-evaluators", project],
    queryFn: ({ signal }) => get<{ items: ReadySummary[] }>("/ready-evaluators", { project }, signal),
    enabled: Boolean(project),
    staleTime: 600_000,
  });
}

export function useReadyEvaluator(project: string, name: string) {
  return useQuery({
    queryKey: ["ready-evaluators", project, name],
    queryFn: ({ signal }) => get<ReadyDetail>(`/ready-evaluators/${encodeURIComponent(name)}`, { project }, signal),
    enabled: Boolean(project && name),
    retry: false,
    staleTime: 600_000,
  });
}
