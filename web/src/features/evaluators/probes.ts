/** Probe reports and bridges as the page reads them. */
import type { components } from "../../api/schema";
import type { Estimate } from "../../api/types";
import type { Tone } from "../../ui/Badge";

type Schemas = components["schemas"];

export type ProbeDetail = Schemas["ProbeDetail"];
export type ProbeSummary = Schemas["ProbeSummary"];
export type Finding = Schemas["ProbeFinding"];
export type Bridge = Schemas["Bridge"];

export const TONES: Record<string, Tone> = { pass: "ok", fail: "bad", undecided: "warn", "not applicable": "plain" };

/** Every rate that was held against people, named by its criterion where the rubric has several. */
export function driftOf(bridge: Bridge): { name: string; rate: Bridge["drift"][number] }[] {
  const own = bridge.drift.map((rate) => ({ name: rate.measure, rate }));
  const parts = bridge.criteria.flatMap((part) =>
    part.drift.map((rate) => ({ name: `${part.criterion}: ${rate.measure}`, rate })),
  );
  return [...own, ...parts];
}

/** A shift has a sign; a share has none. */
export function isShift(effect: Estimate): boolean {
  return (
    !effect.method.startsWith("wilson") && effect.method !== "bootstrap" && effect.method !== "percentile_bootstrap"
  );
}

export interface Drawn {
  /** Ends of the axis. */
  axis: [number, number];
  /** What is accepted, cut to the axis. */
  accepted: [number, number];
}

/** An axis that holds the interval, zero or the value of a judge without fault, and the edge of what is accepted. */
export function drawn(line: Pick<Finding, "effect" | "bar" | "null" | "rule">): Drawn | null {
  const e = line.effect;
  if (!e || e.estimate === null) return null;
  const edges = line.rule === "within" ? [line.null - line.bar, line.null + line.bar] : [line.bar];
  const points = [e.estimate, e.low ?? e.estimate, e.high ?? e.estimate, line.null, ...edges];
  const low = Math.min(...points);
  const high = Math.max(...points);
  const room = (high - low || 1) * 0.08;
  const axis: [number, number] = [low - room, high + room];
  const from = line.rule === "at most" ? axis[0] : Math.min(...edges);
  const to = line.rule === "at least" ? axis[1] : Math.max(...edges);
  return { axis, accepted: [from, to] };
}

/** What is accepted, in words. */
export function barText(line: Pick<Finding, "bar" | "null" | "rule">): string {
  return line.rule === "within" ? `${line.null} ± ${line.bar}` : `${line.rule} ${line.bar}`;
}

/** The newest report of each version, oldest version first. */
export function byVersion(reports: ProbeSummary[]): ProbeSummary[] {
  const newest = new Map<string, ProbeSummary>();
  for (const report of reports) {
    if (!newest.has(report.evaluator_version)) newest.set(report.evaluator_version, report);
  }
  return [...newest.values()].reverse();
}

export interface Measure {
  probe: string;
  measure: string;
  /** One of each report, in their order; null where it was not measured. */
  lines: (ProbeSummary["lines"][number] | null)[];
}

/** Every measure that some report has, with what each report says of it. */
export function measures(reports: ProbeSummary[]): Measure[] {
  const found = new Map<string, Measure>();
  for (const report of reports) {
    for (const { probe, measure } of report.lines) {
      const key = `${probe}\n${measure}`;
      if (!found.has(key)) found.set(key, { probe, measure, lines: [] });
    }
  }
  for (const row of found.values()) {
    row.lines = reports.map((r) => r.lines.find((l) => l.probe === row.probe && l.measure === row.measure) ?? null);
  }
  return [...found.values()].filter((row) => row.lines.some((line) => line?.effect));
}

/** Lines of a report, those that want a look first: failed, undecided, passed, not applicable. */
export function ranked(lines: Finding[]): Finding[] {
  const order = ["fail", "undecided", "pass", "not applicable"];
  return lines.toSorted((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict));
}

/** What a change of version does to a trend that spans both, in a sentence. */
export function trendSentence(bridge: Bridge): string {
  const shift = bridge.shift;
  if (!bridge.targets) return "";
  if (bridge.criteria.length) {
    return "Each criterion has a score and a trend of its own; a step counts where chance is excluded over all criteria.";
  }
  if (!shift || shift.estimate === null || shift.low === null || shift.high === null) {
    return "Their verdicts have no number to average, so no trend of means is affected; see what flips.";
  }
  if (shift.low > 0 || shift.high < 0) {
    const way = shift.estimate > 0 ? "up" : "down";
    return `A trend over both versions steps ${way} here although nothing else changed: compare before and after only within one version, or take the shift off.`;
  }
  return "No step is shown: the interval of the shift holds zero. A trend over both versions may still step by as much as its ends say.";
}
