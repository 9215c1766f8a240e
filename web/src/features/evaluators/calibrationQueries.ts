import { useQuery } from "@tanstack/react-query";
import { get } from "../../api/client";
import type { CalibrationSummary, JudgeComparison, ScoreSummaryRow } from "../../api/types";

/** Every mean of an evaluator with what people would have said, where that can be known. */
export function useCorrected(project: string, evaluator: string) {
  return useQuery({
    queryKey: ["scores", "corrected", project, evaluator],
    queryFn: ({ signal }) =>
      get<{ items: ScoreSummaryRow[] }>("/scores/summary", { project, evaluator, corrected: true }, signal),
    enabled: Boolean(project && evaluator),
  });
}

/** The newest card of every evaluator that was held against one label. */
export function useRivals(project: string, label: string) {
  return useQuery({
    queryKey: ["cards", "against", project, label],
    queryFn: ({ signal }) => get<{ items: CalibrationSummary[] }>("/calibrations", { project, label }, signal),
    enabled: Boolean(project && label),
  });
}

/** The newest card of every evaluator of a project, whatever it was held against. */
export function useNewestCards(project: string) {
  return useQuery({
    queryKey: ["cards", "newest", project],
    queryFn: ({ signal }) => get<{ items: CalibrationSummary[] }>("/calibrations", { project }, signal),
    enabled: Boolean(project),
  });
}

/** Judges on the rows that people labelled and all of them judged. */
export function useJudgeComparison(project: string, names: string[], label: string) {
  return useQuery({
    queryKey: ["judges", project, label, ...names],
    queryFn: ({ signal }) =>
      get<JudgeComparison>("/judges/compare", { project, label, names: names.join(",") }, signal),
    enabled: Boolean(project && label && names.length > 1),
  });
}
