import { useQuery } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { get } from "../../api/client";
import type { Page, ProjectSummary } from "../../api/types";

const LAST = "evalwright-project";

export function useProjects() {
  return useQuery({
    queryKey: ["projects"],
    queryFn: ({ signal }) => get<Page<ProjectSummary>>("/projects", {}, signal),
    staleTime: 30_000,
    // An empty server is being set up: show the first span as soon as it is there.
    refetchInterval: (query) => (query.state.data?.items.length === 0 ? 2000 : false),
  });
}

/** The project in the URL, else the last one looked at, else the one with the newest activity; "" while unknown. */
export function useProject(): string {
  const search = useSearch({ strict: false }) as { project?: string };
  const { data } = useProjects();
  if (search.project) {
    localStorage.setItem(LAST, search.project);
    return search.project;
  }
  const names = data?.items.map((p) => p.name) ?? [];
  const last = localStorage.getItem(LAST);
  return last && names.includes(last) ? last : (names[0] ?? "");
}
