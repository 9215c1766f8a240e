import { type RefObject, useEffect } from "react";
import { browserPattern, rangesIn } from "./find";

const NAME = "find";

/** Marks every occurrence of the pattern in what the element shows, also in what is drawn later; changes no element. */
export function useMarks(root: RefObject<HTMLElement | null>, pattern: string) {
  useEffect(() => {
    const element = root.current;
    const wanted = browserPattern(pattern);
    if (!element || !wanted || !("highlights" in CSS)) return;
    let frame = 0;
    const mark = () => {
      frame = 0;
      CSS.highlights.set(NAME, new Highlight(...rangesIn(element, wanted)));
    };
    const observer = new MutationObserver(() => {
      frame ||= requestAnimationFrame(mark);
    });
    mark();
    observer.observe(element, { childList: true, subtree: true, characterData: true });
    return () => {
      observer.disconnect();
      cancelAnimationFrame(frame);
      CSS.highlights.delete(NAME);
    };
  }, [root, pattern]);
}

/** Brings the first occurrence in the element into sight, each time `when` changes. */
export function useShowMatch(root: RefObject<HTMLElement | null>, pattern: string, when: unknown) {
  useEffect(() => {
    const wanted = browserPattern(pattern);
    if (!wanted || !when) return;
    const timer = setTimeout(() => {
      const first = root.current && rangesIn(root.current, wanted)[0];
      first?.startContainer.parentElement?.scrollIntoView({ block: "center" });
    }, 60);
    return () => clearTimeout(timer);
  }, [root, pattern, when]);
}
