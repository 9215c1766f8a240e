import { useQuery } from "@tanstack/react-query";
import { get } from "../../api/client";
import type { Experiment, Page } from "../../api/types";
import type { Bridge, ProbeDetail, ProbeSummary } from "./probes";

const at = (name: string) => `/evaluators/${encodeURIComponent(name)}`;

export function useProbeReports(project: string, name: string) {
  return useQuery({
    queryKey: ["probes", project, name],
    queryFn: ({ signal }) => get<Page<ProbeSummary>>(`${at(name)}/probes`, { project, limit: 100 }, signal),
    enabled: Boolean(project && name),
  });
}

export function useProbeReport(project: string, name: string, id: string) {
  return useQuery({
    queryKey: ["probe", project, name, id],
    queryFn: ({ signal }) => get<ProbeDetail>(`${at(name)}/probes/${encodeURIComponent(id)}`, { project }, signal),
    enabled: Boolean(project && id),
    staleTime: 600_000,
  });
}

/** Two versions on what both have judged. */
export function useBridge(project: string, name: string, before: string, after: string) {
  return useQuery({
    queryKey: ["bridge", project, name, before, after],
    queryFn: ({ signal }) => get<Bridge>(`${at(name)}/bridge`, { project, before, after }, signal),
    enabled: Boolean(project && before && after && before !== after),
    staleTime: 60_000,
  });
}

/** The newest experiments of a project, canary runs among them. */
export function useExperimentsOf(project: string) {
  return useQuery({
    queryKey: ["experiments", "canaries", project],
    queryFn: ({ signal }) => get<Page<Experiment>>("/experiments", { project, limit: 500 }, signal),
    enabled: Boolean(project),
  });
}
