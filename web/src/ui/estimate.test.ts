import { describe, expect, it } from "vitest";
import type { Estimate } from "../api/types";
import { decimals, estimateSentence, estimateText, renderEstimate } from "./estimate";
import cases from "./estimate.cases.json";

function estimate(
  value: number | null,
  low: number | null,
  high: number | null,
  more: Partial<Estimate> = {},
): Estimate {
  const denominators = { scored: 0, skipped: 0, unseen: 0, errored: 0 };
  return {
    estimate: value,
    low,
    high,
    level: 0.95,
    n: 40,
    n_effective: 40,
    df: null,
    method: "wilson",
    unit: "",
    denominators,
    warnings: [],
    ...more,
  };
}

describe("renderEstimate", () => {
  it("writes every estimate as the command line does", () => {
    const differing = cases.filter(
      ({ signed, text, ...e }) => renderEstimate(estimate(e.estimate, e.low, e.high, e), { signed }) !== text,
    );
    expect(differing).toEqual([]);
    expect(cases.length).toBeGreaterThan(100);
  });
});

describe("estimateText", () => {
  it("gives the parts of that text", () => {
    expect(estimateText(estimate(0.41666, 0.3, 0.54, { unit: "ratio" }))).toEqual({
      value: "0.42",
      interval: "[0.30, 0.54]",
    });
    expect(estimateText(estimate(0.0812, -0.06, 0.21, { unit: "ratio" }), { signed: true })).toEqual({
      value: "+0.08",
      interval: "[-0.06, +0.21]",
    });
  });
  it("shows a dash for what could not be estimated", () => {
    expect(estimateText(estimate(null, null, null)).value).toBe("–");
  });
});

describe("decimals", () => {
  it("copes with an interval of no width", () => {
    expect(decimals(0)).toBe(2);
  });
});

describe("estimateSentence", () => {
  it("says interval, n, what n is worth, method, counts and warnings", () => {
    const denominators = { scored: 40, skipped: 2, unseen: 1, errored: 3 };
    const e = estimate(0.5, 0.4, 0.6, {
      n_effective: 12.4,
      method: "clustered_t",
      denominators,
      warnings: ["too few clusters"],
    });
    expect(estimateSentence(e)).toBe(
      "0.50 · 95% interval [0.40, 0.60] · n = 40, worth 12 independent · clustered t · 2 skipped, 1 unseen, 3 errored. too few clusters",
    );
  });
});
