import { createContext, useContext } from "react";
import type { Forest } from "./tree";

/** What every part of the trace page shares. */
export interface TraceView {
  project: string;
  traceId: string;
  tree: Forest;
  selected: string;
  select: (spanId: string) => void;
  /** Hits of the in-trace search by span. */
  hits: ReadonlyMap<string, number>;
}

export const TraceContext = createContext<TraceView | null>(null);

export function useTraceView(): TraceView {
  const view = useContext(TraceContext);
  if (!view) throw new Error("useTraceView outside a trace page");
  return view;
}
