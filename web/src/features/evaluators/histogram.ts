const BINS = 10;

/** Counts by value where there are few different ones, else by ten equal steps; the text says where a step begins. */
export function histogram(values: number[]): [string, number][] {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  if (counts.size <= BINS + 1) {
    return [...counts].sort((a, b) => a[0] - b[0]).map(([value, n]) => [String(Number(value.toPrecision(4))), n]);
  }
  const low = values.reduce((a, b) => Math.min(a, b));
  const high = values.reduce((a, b) => Math.max(a, b));
  const step = (high - low) / BINS;
  const bins = Array.from({ length: BINS }, () => 0);
  for (const value of values) {
    const place = Math.min(BINS - 1, Math.floor((value - low) / step));
    bins[place] = (bins[place] ?? 0) + 1;
  }
  return bins.map((n, i) => [`from ${Number((low + i * step).toPrecision(3))}`, n]);
}
