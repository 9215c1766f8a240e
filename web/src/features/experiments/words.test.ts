import { describe, expect, it } from "vitest";
import { diffWords } from "./words";

describe("diffWords", () => {
  it("says which words went and which came", () => {
    expect(diffWords("I have refunded it.", "I could not refund it.")).toEqual([
      { sign: " ", text: "I" },
      { sign: "-", text: " have refunded" },
      { sign: "+", text: " could not refund" },
      { sign: " ", text: " it." },
    ]);
  });
  it("loses no character of either text", () => {
    const [a, b] = ["one\n\ntwo  three", "one\ntwo\nfour "];
    const pieces = diffWords(a, b);
    const side = (sign: string) => pieces.filter((p) => p.sign === " " || p.sign === sign).map((p) => p.text);
    expect(side("-").join("")).toBe(a);
    expect(side("+").join("")).toBe(b);
  });
  it("is empty for two empty texts", () => {
    expect(diffWords("", "")).toEqual([]);
  });
});
