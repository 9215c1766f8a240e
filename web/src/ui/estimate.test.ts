import { describe, expect, it } from "vitest";
import type { Estimate } from "../api/types";
import { decimals, estimateSentence, estimateText } from "./estimate";

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

describe("estimateText", () => {
  it("writes a share in percent with the digits its interval supports", () => {
    expect(estimateText(estimate(0.41666, 0.3, 0.54, { unit: "ratio" }))).toMatchObject({
      value: "42%",
      interval: "30 to 54",
    });
    expect(estimateText(estimate(0.416666, 0.4155, 0.4178, { unit: "ratio" })).value).toBe("41.67%");
  });
  it("writes a difference of shares in percentage points with its sign", () => {
    const text = estimateText(estimate(0.0812, -0.06, 0.21, { unit: "ratio" }), { signed: true });
    expect(text).toMatchObject({ value: "+8 pp", interval: "−6 to +21" });
  });
  it("never writes minus zero", () => {
    expect(estimateText(estimate(-0.0004, -0.3, 0.3), { signed: true }).value).toBe("0.00");
  });
  it("claims two digits when there is no interval", () => {
    expect(estimateText(estimate(0.0051234, null, null, { unit: "usd" })).value).toBe("$0.0051");
    expect(estimateText(estimate(0, null, null)).value).toBe("0");
  });
  it("shows a dash for what could not be estimated", () => {
    expect(estimateText(estimate(null, null, null)).value).toBe("–");
  });
});

describe("decimals", () => {
  it("leaves two significant digits of the half-width", () => {
    expect([decimals(0.11), decimals(1.1), decimals(12), decimals(0.0023)]).toEqual([2, 1, 0, 4]);
  });
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
      "0.50 · 95% interval 0.40 to 0.60 · n = 40, worth 12 independent · clustered t · 2 skipped, 1 unseen, 3 errored. too few clusters",
    );
  });
});
