/** Time ranges as they stand in the URL. */
export interface RangeSearch {
  range?: string;
  start?: string;
  end?: string;
}

export interface TimeWindow {
  start?: string;
  end?: string;
}

export const RANGES: [key: string, label: string, minutes: number][] = [
  ["15m", "Last 15 minutes", 15],
  ["1h", "Last hour", 60],
  ["6h", "Last 6 hours", 360],
  ["24h", "Last 24 hours", 1440],
  ["7d", "Last 7 days", 10_080],
  ["30d", "Last 30 days", 43_200],
  ["all", "All time", 0],
];

export const DEFAULT_RANGE = "all";

/** The window a URL means at `now`. A rolling range starts on a whole minute, so that queries can be cached. */
export function timeWindow(search: RangeSearch, now: number): TimeWindow {
  if (search.start || search.end) return { start: search.start, end: search.end };
  const minutes = RANGES.find(([key]) => key === (search.range ?? DEFAULT_RANGE))?.[2] ?? 0;
  if (!minutes) return {};
  return { start: new Date(Math.floor(now / 60_000 - minutes) * 60_000).toISOString() };
}

export function rangeLabel(search: RangeSearch): string {
  if (search.start || search.end) return "Custom range";
  return RANGES.find(([key]) => key === (search.range ?? DEFAULT_RANGE))?.[1] ?? "All time";
}

/** The time column to group by so that a chart has some tens of bars. */
export function bucket(window: TimeWindow, extent?: [number, number]): "minute" | "hour" | "day" {
  const from = window.start ? Date.parse(window.start) : extent?.[0];
  const to = window.end ? Date.parse(window.end) : (extent?.[1] ?? Date.now());
  if (from === undefined) return "day";
  const hours = (to - from) / 3_600_000;
  if (hours <= 3) return "minute";
  return hours <= 24 * 5 ? "hour" : "day";
}

export const BUCKET_MS = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };
