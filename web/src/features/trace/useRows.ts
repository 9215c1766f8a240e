import { useHotkeys } from "@mantine/hooks";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useMemo, useRef, useState } from "react";
import { useTraceView } from "./context";
import { ancestors, rows } from "./tree";

const HEIGHT = 30;

/** Fold state, windowing and keys shared by the tree and the timeline. */
export function useRows() {
  const { tree, selected, select } = useTraceView();
  const scroller = useRef<HTMLDivElement>(null);
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const shown = useMemo(() => rows(tree, closed), [tree, closed]);
  const virtual = useVirtualizer({
    count: shown.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => HEIGHT,
    overscan: 16,
  });
  const at = useMemo(() => shown.findIndex((row) => row.node.span_id === selected), [shown, selected]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: only a new selection opens and scrolls
  useEffect(() => {
    const hidden = ancestors(tree, selected).filter((id) => closed.has(id));
    if (hidden.length) setClosed(new Set([...closed].filter((id) => !hidden.includes(id))));
    else if (at >= 0) virtual.scrollToIndex(at, { align: "auto" });
  }, [selected, closed]);

  const fold = (id: string, shut: boolean) => {
    const next = new Set(closed);
    shut ? next.add(id) : next.delete(id);
    setClosed(next);
  };
  const move = (step: number) => {
    const next = shown[Math.min(shown.length - 1, Math.max(0, at + step))];
    if (next) select(next.node.span_id);
  };
  const here = shown[at];
  const inward = () => {
    if (!here?.children) return;
    here.open ? move(1) : fold(selected, false);
  };
  const outward = () => {
    if (here?.children && here.open) return fold(selected, true);
    const parent = ancestors(tree, selected)[0];
    if (parent) select(parent);
  };
  useHotkeys([
    ["J", () => move(1)],
    ["K", () => move(-1)],
    ["ArrowDown", () => move(1)],
    ["ArrowUp", () => move(-1)],
    ["ArrowLeft", outward],
    ["ArrowRight", inward],
  ]);
  return { scroller, shown, virtual, fold };
}

/** The id of a row's element, which the tree names as its active descendant. */
export function rowId(spanId: string): string {
  return `span-${spanId}`;
}
