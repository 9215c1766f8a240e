import { describe, expect, it } from "vitest";
import type { Estimate } from "../../api/types";
import { axisOf } from "./Corrected";
import { floorOf } from "./Pareto";

function of(low: number | null, estimate: number | null, high: number | null): Estimate {
  const denominators = { scored: 1, skipped: 0, unseen: 0, errored: 0 };
  const rest = { level: 0.95, n: 1, n_effective: 1, df: null, method: "", unit: "", denominators, warnings: [] };
  return { estimate, low, high, ...rest };
}

describe("the axis of raw and corrected", () => {
  it("is that of a share where both are shares", () => {
    expect(axisOf([of(0.6, 0.7, 0.8), of(0.5, 0.6, 0.9)])).toEqual([0, 1]);
  });
  it("is as wide as the two need otherwise, and leaves out what is unknown", () => {
    expect(axisOf([of(2, 3, 4), of(null, null, null)])).toEqual([2, 4]);
    expect(axisOf([of(-0.2, 0.1, 0.3), null])).toEqual([-0.2, 0.3]);
  });
});

describe("the axis of agreement", () => {
  it("begins at the tenth below the lowest interval", () => {
    expect(floorOf([of(0.79, 0.86, 0.91), of(0.91, 0.96, 0.98)])).toBe(0.7);
  });
  it("never leaves the shares", () => {
    expect(floorOf([of(0.99, 1, 1)])).toBe(0.9);
    expect(floorOf([of(null, null, null)])).toBe(0);
  });
});
