import { QueryClient } from "@tanstack/react-query";
import { ApiError } from "./client";

/** What the server said, kept for the whole page; routes fill it while their code still loads. */
export const cache = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 15_000,
      // An answer that says why will say it again; only a lost connection is worth another try.
      retry: (failures, error) => !(error instanceof ApiError && error.problem.status < 500) && failures < 2,
      refetchOnWindowFocus: false,
    },
  },
});
