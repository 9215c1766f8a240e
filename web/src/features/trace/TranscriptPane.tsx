import { Button } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useMemo, useRef, useState } from "react";
import { plural } from "../../ui/format";
import { useTraceView } from "./context";
import { EntryView } from "./EntryView";
import css from "./Trace.module.css";
import { type Entry, transcript } from "./transcript";

const GUESS: Record<Entry["type"], number> = { ask: 90, answer: 90, model: 120, step: 64, parallel: 34, agent: 46 };

function spanOf(entry: Entry): string {
  return entry.type === "parallel" ? (entry.nodes[0]?.span_id ?? "") : entry.node.span_id;
}

const SETTLE_MS = [0, 60, 160, 320, 640, 1200];

/** Scrolls, and again while entries above grow to their true height, until the reader scrolls. */
function settle(box: HTMLElement | null, scroll: () => void): () => void {
  const timers = SETTLE_MS.map((ms) => setTimeout(scroll, ms));
  const stop = () => timers.forEach(clearTimeout);
  box?.addEventListener("wheel", stop, { once: true, passive: true });
  box?.addEventListener("pointerdown", stop, { once: true });
  return () => {
    stop();
    box?.removeEventListener("wheel", stop);
    box?.removeEventListener("pointerdown", stop);
  };
}

/** The trace read as a conversation; only the entries in sight exist, and only their payloads are fetched. */
export function TranscriptPane() {
  const { tree, selected, select } = useTraceView();
  const scroller = useRef<HTMLDivElement>(null);
  const [toggled, setToggled] = useState<ReadonlySet<string>>(new Set());
  const [all, setAll] = useState(false);
  const { entries, hidden } = useMemo(() => transcript(tree, toggled, all), [tree, toggled, all]);
  const virtual = useVirtualizer({
    count: entries.length,
    getScrollElement: () => scroller.current,
    estimateSize: (i) => GUESS[entries[i]?.type ?? "step"],
    getItemKey: (i) => entries[i]?.key ?? i,
    overscan: 4,
  });
  const at = entries.findIndex((entry) => spanOf(entry) === selected);
  const moved = useRef(false);

  // biome-ignore lint/correctness/useExhaustiveDependencies: only a new selection scrolls
  useEffect(() => {
    const wanted = at > 0 || moved.current;
    moved.current = true;
    if (wanted) return settle(scroller.current, () => virtual.scrollToIndex(Math.max(0, at), { align: "auto" }));
  }, [selected]);

  const move = (step: number) => {
    for (let i = at + step; i >= 0 && i < entries.length; i += step) {
      const entry = entries[i];
      if (entry && spanOf(entry) !== selected) return select(spanOf(entry));
    }
  };
  useHotkeys([
    ["J", () => move(1)],
    ["K", () => move(-1)],
  ]);
  const toggle = (key: string) => {
    const next = new Set(toggled);
    if (!next.delete(key)) next.add(key);
    setToggled(next);
  };

  return (
    <>
      <div
        ref={scroller}
        className={`${css.scroller} ${css.transcript}`}
        role="feed"
        aria-label="Transcript"
        tabIndex={0}
      >
        <div className={css.rows} style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map((item) => {
            const entry = entries[item.index];
            if (!entry) return null;
            return (
              <article
                key={item.key}
                ref={virtual.measureElement}
                data-index={item.index}
                aria-posinset={item.index + 1}
                aria-setsize={entries.length}
                className={css.entry}
                style={{ transform: `translateY(${item.start}px)`, paddingLeft: 14 + Math.min(entry.depth, 8) * 18 }}
              >
                <EntryView entry={entry} toggle={toggle} />
              </article>
            );
          })}
        </div>
      </div>
      {hidden || all ? (
        <p className={css.hidden}>
          {all ? "Framework steps are shown." : `${plural(hidden, "framework step")} left out.`}{" "}
          <Button size="compact-xs" variant="subtle" onClick={() => setAll(!all)}>
            {all ? "Leave them out" : "Show them"}
          </Button>
        </p>
      ) : null}
    </>
  );
}
