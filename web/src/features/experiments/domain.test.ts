import { describe, expect, it } from "vitest";
import type { ComparisonRow, MetricComparison } from "../../api/types";
import { regressionsFirst } from "./domain";

const row = (item_key: string): ComparisonRow => ({ item_key, input: "", baseline: {}, candidate: {} });
const metric = (name: string, improved: string[], regressed: string[]) =>
  ({ metric: name, improved, regressed }) as unknown as MetricComparison;

describe("regressionsFirst", () => {
  it("puts the items that most metrics found worse on top and keeps the order of equals", () => {
    const rows = ["a", "b", "c", "d"].map(row);
    const metrics = [metric("right", ["a"], ["c", "d"]), metric("kind", [], ["d"])];
    expect(regressionsFirst(rows, metrics).map((r) => r.item_key)).toEqual(["d", "c", "b", "a"]);
  });
  it("lets time and cost decide only among items that are equal otherwise", () => {
    const metrics = [metric("right", [], ["b"]), metric("cost", [], ["a"]), metric("latency_ms", [], ["a"])];
    expect(regressionsFirst(["a", "b"].map(row), metrics).map((r) => r.item_key)).toEqual(["b", "a"]);
  });
});
