import { createContext, useContext } from "react";
import type { Score } from "../../api/types";
import type { Trace } from "./outline";
import type { Forest, Totals } from "./tree";

/** What every part of the trace page shares. */
export interface TraceView {
  project: string;
  traceId: string;
  summary: Trace["summary"];
  tree: Forest;
  /** What each span used together with all below it, in the order of `tree.nodes`. */
  totals: Totals[];
  selected: string;
  select: (spanId: string) => void;
  /** Hits of the in-trace search by span. */
  hits: ReadonlyMap<string, number>;
  /** What was said about single spans, with its reasons, as far as it was fetched. */
  remarks: ReadonlyMap<string, Score[]>;
  /** Spans ticked for an action on several. */
  picked: ReadonlySet<string>;
  pick: (spanId: string) => void;
}

export const TraceContext = createContext<TraceView | null>(null);

export function useTraceView(): TraceView {
  const view = useContext(TraceContext);
  if (!view) throw new Error("useTraceView outside a trace page");
  return view;
}
