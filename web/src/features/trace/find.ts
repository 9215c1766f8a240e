import type { FieldMatch } from "../../api/types";

/** The tab of the details pane on which a field is shown. */
export function tabOf(field: string): string {
  return /^(input|output)\b/.test(field) ? "io" : "attributes";
}

/** Hits without those in an attribute that only repeats what is shown as the span's input or output. */
export function distinct(hits: readonly FieldMatch[]): FieldMatch[] {
  const place = (hit: FieldMatch) => `${hit.span_id} ${hit.offset} ${hit.length} ${hit.excerpt}`;
  const shown = new Set(hits.filter((hit) => hit.field === "input" || hit.field === "output").map(place));
  return hits.filter((hit) => !hit.field.startsWith("attributes.") || !shown.has(place(hit)));
}

/** The server's RE2 pattern as the browser's: the same for all but rare syntax, where nothing is marked. */
export function browserPattern(pattern: string): RegExp | null {
  if (!pattern) return null;
  const flags = /^\(\?([imsU]+)\)/.exec(pattern);
  try {
    return new RegExp(
      flags ? pattern.slice(flags[0].length) : pattern,
      `gu${flags?.[1]?.replace(/[^ims]/g, "") ?? ""}`,
    );
  } catch {
    return null;
  }
}

export interface Cut {
  before: string;
  match: string;
  after: string;
}

/** An excerpt split around what matched; the whole of it before, where the browser cannot tell. */
export function cut(hit: FieldMatch, pattern: string): Cut {
  const found = browserPattern(pattern)?.exec(hit.excerpt);
  if (!found?.[0]) return { before: hit.excerpt, match: "", after: "" };
  const end = found.index + found[0].length;
  return { before: hit.excerpt.slice(0, found.index), match: found[0], after: hit.excerpt.slice(end) };
}

const MOST = 500;

/** Where a pattern occurs in the text that an element shows, text node by text node. */
export function rangesIn(root: Node, pattern: RegExp): Range[] {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const ranges: Range[] = [];
  for (let node = walker.nextNode(); node && ranges.length < MOST; node = walker.nextNode()) {
    for (const match of (node.nodeValue ?? "").slice(0, 200_000).matchAll(pattern)) {
      if (!match[0]) continue;
      const range = document.createRange();
      range.setStart(node, match.index);
      range.setEnd(node, match.index + match[0].length);
      ranges.push(range);
    }
  }
  return ranges;
}
