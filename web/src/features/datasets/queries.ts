import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { get } from "../../api/client";
import type { Dataset, Item, Page } from "../../api/types";

export function useDatasets(project: string) {
  return useQuery({
    queryKey: ["datasets", project],
    queryFn: ({ signal }) => get<Page<Dataset>>("/datasets", { project, limit: 200 }, signal),
    enabled: Boolean(project),
  });
}

export function useDataset(project: string, dataset: string) {
  return useQuery({
    queryKey: ["dataset", project, dataset],
    queryFn: ({ signal }) => get<Dataset>(`/datasets/${encodeURIComponent(dataset)}`, { project }, signal),
    enabled: Boolean(project),
  });
}

export function useItems(project: string, dataset: string) {
  return useInfiniteQuery({
    queryKey: ["items", project, dataset],
    queryFn: ({ pageParam, signal }) =>
      get<Page<Item>>(
        `/datasets/${encodeURIComponent(dataset)}/items`,
        { project, cursor: pageParam, limit: 100 },
        signal,
      ),
    initialPageParam: "",
    getNextPageParam: (last) => last.next_cursor || undefined,
    enabled: Boolean(project),
  });
}
