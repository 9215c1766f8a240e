import { diffLines } from "../evaluators/diff";

export interface Piece {
  sign: " " | "+" | "-";
  text: string;
}

const BREAK = "\u2028";

/** What changed between two texts, word by word. */
export function diffWords(before: string, after: string): Piece[] {
  const words = (text: string) => (text.match(/\s*\S+|\s+$/g) ?? []).map((w) => w.replaceAll("\n", BREAK)).join("\n");
  const out: Piece[] = [];
  for (const line of diffLines(words(before), words(after))) {
    const sign = line.sign === "…" ? " " : line.sign;
    const text = line.text.replaceAll(BREAK, "\n");
    const last = out.at(-1);
    if (last?.sign === sign) last.text += text;
    else out.push({ sign, text });
  }
  return out.filter((piece) => piece.text);
}
