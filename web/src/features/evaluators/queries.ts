import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { get, post } from "../../api/client";
import type {
  CalibrationDetail,
  CalibrationSummary,
  CheckedRubric,
  Disagreement,
  EvaluatorDetail,
  EvaluatorSpec,
  EvaluatorSummary,
  Page,
  Place,
  Score,
  ScoreSummaryRow,
  TriedRubric,
} from "../../api/types";

const at = (name: string) => `/evaluators/${encodeURIComponent(name)}`;

export function useEvaluators(project: string) {
  return useQuery({
    queryKey: ["evaluators", project],
    queryFn: ({ signal }) => get<Page<EvaluatorSummary>>("/evaluators", { project, limit: 500 }, signal),
    enabled: Boolean(project),
  });
}

export function useEvaluator(project: string, name: string) {
  return useQuery({
    queryKey: ["evaluator", project, name],
    queryFn: ({ signal }) => get<EvaluatorDetail>(at(name), { project }, signal),
    enabled: Boolean(project && name),
  });
}

export function useRecentScores(project: string, evaluator: string, status: string, limit = 25, enabled = true) {
  return useQuery({
    queryKey: ["scores", "of", project, evaluator, status, limit],
    queryFn: ({ signal }) => get<Page<Score>>("/scores", { project, evaluator, status, limit }, signal),
    enabled: Boolean(project) && enabled,
  });
}

/** The names under which people have given scores here. */
export function useHumanScores(project: string) {
  return useQuery({
    queryKey: ["human-scores", project],
    queryFn: ({ signal }) => get<{ items: ScoreSummaryRow[] }>("/scores/summary", { project, source: "human" }, signal),
    enabled: Boolean(project),
  });
}

export function useCards(project: string, name: string) {
  return useQuery({
    queryKey: ["cards", project, name],
    queryFn: ({ signal }) => get<Page<CalibrationSummary>>(`${at(name)}/calibrations`, { project, limit: 100 }, signal),
    enabled: Boolean(project && name),
  });
}

export function useCard(project: string, name: string, id: string) {
  return useQuery({
    queryKey: ["card", project, name, id],
    queryFn: ({ signal }) =>
      get<CalibrationDetail>(`${at(name)}/calibrations/${encodeURIComponent(id)}`, { project }, signal),
    enabled: Boolean(project && id),
    staleTime: 600_000,
  });
}

export function useDisagreements(project: string, name: string, id: string, human: string, judge: string) {
  return useInfiniteQuery({
    queryKey: ["disagreements", project, id, human, judge],
    queryFn: ({ pageParam, signal }) =>
      get<Page<Disagreement>>(
        `${at(name)}/calibrations/${encodeURIComponent(id)}/disagreements`,
        { project, human, judge, cursor: pageParam, limit: 20 },
        signal,
      ),
    initialPageParam: "",
    getNextPageParam: (last) => last.next_cursor || undefined,
    enabled: Boolean(project && id),
  });
}

/** The judge's own score of one place, for the evidence it gave. */
export function useVerdict(project: string, evaluator: string, version: string, name: string, place: Place) {
  return useQuery({
    queryKey: ["verdict", project, evaluator, version, name, place],
    queryFn: async ({ signal }) => {
      const { trace_id, span_id, session_id, experiment_id } = place;
      const where = trace_id ? { trace_id, span_id } : { session_id, experiment_id };
      const page = await get<Page<Score>>(
        "/scores",
        { project, evaluator, evaluator_version: version, name, limit: 200, ...where },
        signal,
      );
      const same = (score: Score) => score.span_id === span_id && score.trial_id === place.trial_id;
      return page.items.find(same) ?? page.items[0] ?? null;
    },
  });
}

export interface CalibrationWish {
  label: string;
  judge_score: string;
  version: string;
  min_agreement: number | null;
}

export function useCalibrate(project: string, name: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (wish: CalibrationWish) => post<CalibrationDetail>(`${at(name)}/calibrations`, { ...wish, project }),
    onSuccess: (card) => {
      queries.setQueryData(["card", project, name, card.id], card);
      return queries.invalidateQueries({ queryKey: ["cards", project, name] });
    },
  });
}

export function checkRubric(definition: string, model: string, signal?: AbortSignal): Promise<CheckedRubric> {
  return post("/evaluators/validate", { definition_yaml: definition, model }, signal);
}

export interface TryWish {
  project: string;
  definition_yaml: string;
  model: string;
  filter: string;
  limit: number;
}

export function tryRubric(wish: TryWish): Promise<TriedRubric> {
  return post("/evaluators/try", wish);
}

export function registerEvaluator(project: string, spec: EvaluatorSpec): Promise<unknown> {
  return post(`/evaluators?project=${encodeURIComponent(project)}`, spec);
}
