import { describe, expect, test } from "vitest";
import type { Estimate } from "../../api/types";
import {
  type Bridge,
  barText,
  byVersion,
  drawn,
  driftOf,
  type Finding,
  measures,
  type ProbeSummary,
  ranked,
  trendSentence,
} from "./probes";

function estimate(value: number, low: number, high: number, method = "adjusted_paired_t"): Estimate {
  const denominators = { scored: 100, skipped: 0, unseen: 0, errored: 0 };
  const rest = { level: 0.95, n: 100, n_effective: 100, df: 99, unit: "ratio", warnings: [] };
  return { estimate: value, low, high, method, denominators, ...rest };
}

function line(changes: Partial<Finding>): Finding {
  return {
    probe: "authority",
    measure: "gain",
    effect: estimate(0.1, 0.05, 0.15),
    bar: 0.03,
    null: 0,
    rule: "at most",
    p: 0.01,
    p_adjusted: 0.02,
    verdict: "fail",
    reason: "",
    explanation: "",
    detectable: 0.1,
    reasons: [],
    details: {},
    ...changes,
  };
}

function report(version: string, ...lines: Finding[]): ProbeSummary {
  return {
    id: `pb_${version}`,
    project: "p",
    evaluator: "e",
    evaluator_version: version,
    created_time: null,
    model: "",
    items_from: "",
    items: 10,
    clusters: 10,
    warnings: [],
    passed: 0,
    failed: 0,
    undecided: 0,
    not_applicable: 0,
    lines: lines.map(({ probe, measure, verdict, effect }) => ({ probe, measure, verdict, effect })),
  };
}

describe("what is drawn of an effect", () => {
  test("the axis holds the interval, a faultless judge and the bar", () => {
    const found = drawn(line({}));
    expect(found?.axis[0]).toBeLessThan(0);
    expect(found?.axis[1]).toBeGreaterThan(0.15);
    expect(found?.accepted).toEqual([found?.axis[0], 0.03]);
  });
  test("both sides are accepted within, the upper side at least", () => {
    const effect = estimate(0.6, 0.5, 0.7, "wilson_effective");
    expect(drawn(line({ effect, rule: "within", null: 0.5, bar: 0.05 }))?.accepted).toEqual([0.45, 0.55]);
    const seen = drawn(line({ effect, rule: "at least", null: 0.5, bar: 0.5 }));
    expect(seen?.accepted).toEqual([0.5, seen?.axis[1]]);
  });
  test("nothing is drawn without an effect", () => {
    expect(drawn(line({ effect: null }))).toBeNull();
  });
  test("the bar is said with its rule", () => {
    expect(barText(line({}))).toBe("at most 0.03");
    expect(barText(line({ rule: "within", null: 0.5, bar: 0.05 }))).toBe("0.5 ± 0.05");
  });
});

describe("reports by version", () => {
  const reports = [report("v2", line({ measure: "b" })), report("v1", line({})), report("v2", line({}))];
  test("the newest of each version counts, oldest version first", () => {
    expect(byVersion(reports).map((each) => each.id)).toEqual(["pb_v1", "pb_v2"]);
    expect(byVersion(reports)[1]?.lines[0]?.measure).toBe("b");
  });
  test("a measure that a version lacks stays empty there", () => {
    const rows = measures(byVersion(reports));
    expect(rows.map((row) => [row.measure, row.lines.map(Boolean)])).toEqual([
      ["gain", [true, false]],
      ["b", [false, true]],
    ]);
  });
  test("measures that apply nowhere are left out", () => {
    expect(measures([report("v1", line({ effect: null, verdict: "not applicable" }))])).toEqual([]);
  });
  test("what failed stands first, what does not apply last", () => {
    const lines = [line({ verdict: "not applicable" }), line({ verdict: "pass" }), line({ verdict: "fail" })];
    expect(ranked(lines).map((each) => each.verdict)).toEqual(["fail", "pass", "not applicable"]);
  });
});

describe("what a bridge says of a trend", () => {
  const bridge = (shift: Estimate | null, targets = 60) =>
    ({ targets, shift, criteria: [], drift: [] }) as unknown as Bridge;
  test("a shift whose interval leaves out zero is a step, with its way", () => {
    expect(trendSentence(bridge(estimate(0.2, 0.1, 0.3)))).toContain("steps up");
    expect(trendSentence(bridge(estimate(-0.2, -0.3, -0.1)))).toContain("steps down");
  });
  test("a shift that may be zero is no proof that there is none", () => {
    expect(trendSentence(bridge(estimate(0.02, -0.1, 0.14)))).toContain("No step is shown");
  });
  test("labels without numbers have no trend, and nothing in common says nothing", () => {
    expect(trendSentence(bridge(null))).toContain("no number");
    expect(trendSentence(bridge(null, 0))).toBe("");
  });
  test("a rubric with criteria has a trend and rates of each of them, named by it", () => {
    const part = { criterion: "tone", drift: [{ measure: "sensitivity" }, { measure: "agreement" }] };
    const several = { ...bridge(null), criteria: [part] } as unknown as Bridge;
    expect(trendSentence(several)).toContain("a trend of its own");
    expect(driftOf(several).map((each) => each.name)).toEqual(["tone: sensitivity", "tone: agreement"]);
    const one = { ...bridge(null), drift: [{ measure: "agreement" }] } as unknown as Bridge;
    expect(driftOf(one).map((each) => each.name)).toEqual(["agreement"]);
  });
});
