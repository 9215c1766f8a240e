import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { get, post } from "../../api/client";
import type { Comparison, Decision, ExperimentDetail, ExperimentSummary, Page, Trial } from "../../api/types";

export function useExperiments(project: string) {
  return useQuery({
    queryKey: ["experiments", project],
    queryFn: ({ signal }) => get<Page<ExperimentSummary>>("/experiments", { project, limit: 200 }, signal),
    enabled: Boolean(project),
  });
}

export function useExperiment(project: string, id: string) {
  return useQuery({
    queryKey: ["experiment", project, id],
    queryFn: ({ signal }) => get<ExperimentDetail>(`/experiments/${encodeURIComponent(id)}`, { project }, signal),
    enabled: Boolean(project && id),
  });
}

/** The trials of one item, by its key or id, with what it asks. */
export function useItemTrials(project: string, experiment: string, item: string, enabled = true) {
  return useQuery({
    queryKey: ["trials", project, experiment, "item", item],
    queryFn: ({ signal }) =>
      get<Page<Trial>>(`/experiments/${encodeURIComponent(experiment)}/trials`, { project, item, limit: 50 }, signal),
    enabled,
  });
}

export function useTrials(project: string, id: string, item = "") {
  return useInfiniteQuery({
    queryKey: ["trials", project, id, item],
    queryFn: ({ pageParam, signal }) =>
      get<Page<Trial>>(
        `/experiments/${encodeURIComponent(id)}/trials`,
        { project, item, cursor: pageParam, limit: 100 },
        signal,
      ),
    initialPageParam: "",
    getNextPageParam: (last) => last.next_cursor || undefined,
    enabled: Boolean(project && id),
  });
}

export function useComparison(project: string, baseline: string, candidate: string) {
  return useInfiniteQuery({
    queryKey: ["compare", project, baseline, candidate],
    queryFn: ({ pageParam, signal }) =>
      get<Comparison>("/experiments/compare", { project, baseline, candidate, cursor: pageParam, limit: 200 }, signal),
    initialPageParam: "",
    getNextPageParam: (last) => last.next_cursor || undefined,
    enabled: Boolean(project && baseline && candidate),
  });
}

/** Asks the gate whether the candidate is no worse than the baseline by `margin` in every metric. */
export function checkGate(
  project: string,
  comparison: Comparison,
  margin: number,
  allowUntrustedJudges: boolean,
): Promise<Decision> {
  const criteria = comparison.metrics.map((m) => ({ metric: m.metric, direction: m.direction, margin }));
  return post("/gate/check", {
    project,
    baseline: comparison.baseline.id,
    candidate: comparison.candidate.id,
    criteria,
    allow_untrusted_judges: allowUntrustedJudges,
  });
}
