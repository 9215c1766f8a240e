import { describe, expect, it } from "vitest";
import { criticalPath, drawn, waited } from "./critical";
import { node } from "./nodes.testing";
import { forest } from "./tree";

const waits = (nodes: ReturnType<typeof node>[]) =>
  Object.fromEntries([...criticalPath(forest(nodes))].map(([id, spans]) => [id, waited(spans)]));

describe("criticalPath", () => {
  it("follows the child that ended last, and the parent where none ran", () => {
    const nodes = [
      node("root", "", { at: 0, ms: 100 }),
      node("fast", "root", { at: 10, ms: 20 }),
      node("slow", "root", { at: 10, ms: 60 }),
      node("last", "root", { at: 80, ms: 10 }),
    ];
    expect(waits(nodes)).toEqual({ root: 30, slow: 60, last: 10 });
  });
  it("is as long as the trace, however spans overlap or leave their parent's time", () => {
    const nodes = [
      node("root", "", { at: 0, ms: 100 }),
      node("a", "root", { at: 20, ms: 50 }),
      node("b", "root", { at: 40, ms: 90 }),
      node("late", "a", { at: 30, ms: 400 }),
    ];
    const total = Object.values(waits(nodes)).reduce((sum, ms) => sum + ms, 0);
    expect(total).toBeLessThanOrEqual(430);
    expect(total).toBeGreaterThanOrEqual(100);
  });
  it("walks a chain of 30,000 spans", () => {
    const chain = Array.from({ length: 30_000 }, (_, i) => node(`n${i}`, i ? `n${i - 1}` : "", { ms: 30_001 - i }));
    expect(waits(chain).n29999).toBe(2);
  });
});

describe("drawn", () => {
  it("draws stretches too close to tell apart as one", () => {
    const many = Array.from({ length: 1000 }, (_, i) => ({ start: i, end: i + 0.9 }));
    expect(drawn(many, { start: 0, end: 1000 })).toEqual([{ start: 0, end: 999.9 }]);
    expect(drawn(many, { start: 0, end: 3 })).toHaveLength(4);
  });
});
