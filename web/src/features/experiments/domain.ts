import type { ComparisonRow, Estimate, MetricComparison } from "../../api/types";

/** The axis that holds every interval of a metric; shares are shown on 0 to 1. */
export function axis(estimates: Estimate[]): [number, number] {
  const ends = estimates
    .flatMap((e) => [e.low ?? e.estimate, e.high ?? e.estimate])
    .filter((v): v is number => v !== null);
  if (!ends.length) return [0, 1];
  const low = Math.min(...ends);
  const high = Math.max(...ends);
  if (low >= 0 && high <= 1) return [0, 1];
  const pad = (high - low || Math.abs(high) || 1) * 0.1;
  return [low - pad, high + pad];
}

/** The axis of a difference: symmetric, so that zero is in the middle. */
export function differenceAxis(e: Estimate): [number, number] {
  const reach = Math.max(...[e.low, e.high, e.estimate].map((v) => Math.abs(v ?? 0)), 1e-9) * 1.1;
  return [-reach, reach];
}

export function rowsWhere(
  rows: ComparisonRow[],
  metrics: MetricComparison[],
  chosen: { metric: string; change: "improved" | "regressed" | "unchanged" } | null,
): ComparisonRow[] {
  if (!chosen) return rows;
  const keys = new Set(metrics.find((m) => m.metric === chosen.metric)?.[chosen.change] ?? []);
  return rows.filter((row) => keys.has(row.item_key));
}

export function changeOf(metric: MetricComparison, itemKey: string): "improved" | "regressed" | "unchanged" | "" {
  if (metric.improved.includes(itemKey)) return "improved";
  if (metric.regressed.includes(itemKey)) return "regressed";
  return metric.unchanged.includes(itemKey) ? "unchanged" : "";
}

export function hasData(metric: MetricComparison): boolean {
  return metric.baseline.estimate !== null || metric.candidate.estimate !== null;
}

/** What a run used: every item differs a little in these, so they decide only among items that are equal otherwise. */
const USAGE = new Set(["latency_ms", "cost", "input_tokens", "output_tokens"]);

/** Rows by how many metrics got worse, less those that got better; equals stay in the order of the dataset. */
export function regressionsFirst(rows: ComparisonRow[], metrics: MetricComparison[]): ComparisonRow[] {
  const worse = new Map<string, number>();
  for (const metric of metrics) {
    const weight = USAGE.has(metric.metric) ? 1 : 1000;
    for (const key of metric.regressed) worse.set(key, (worse.get(key) ?? 0) + weight);
    for (const key of metric.improved) worse.set(key, (worse.get(key) ?? 0) - weight);
  }
  return rows.toSorted((a, b) => (worse.get(b.item_key) ?? 0) - (worse.get(a.item_key) ?? 0));
}
