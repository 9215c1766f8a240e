import { useMemo } from "react";
import { cost, count, duration, instant, plural } from "../../ui/format";
import { Series, type SeriesLine } from "../../ui/Series";
import { useProjects } from "../shell/project";
import { also } from "./filter";
import { useAggregate } from "./queries";
import { BUCKET_MS, bucket, type TimeWindow } from "./range";
import css from "./Traces.module.css";

interface Props {
  project: string;
  filter: string;
  window: TimeWindow;
  live: boolean;
  onZoom: (start: string, end: string) => void;
}

const METRICS = ["count", "p50(latency_ms)", "p95(latency_ms)"];
const FAILED = 'status == "ERROR"';

/** Missing buckets are zeros for counts and gaps for everything else. */
function spread(times: number[], step: number): number[] {
  const first = times[0];
  const last = times.at(-1);
  if (first === undefined || last === undefined || (last - first) / step > 2000) return times;
  return Array.from({ length: Math.round((last - first) / step) + 1 }, (_, i) => first + i * step);
}

export function Charts({ project, filter, window, live, onZoom }: Props) {
  const projects = useProjects();
  const held = projects.data?.items.find((p) => p.name === project);
  const extent = held ? ([instant(held.first_time), instant(held.last_time)] as [number, number]) : undefined;
  const unit = bucket(window, extent);
  // Without a filter the roots stand for the traces; with one, the spans that match are what is counted.
  const what = filter ? "matching spans" : "traces";
  const scope = filter || "is_root == true";
  const shared = { project, group_by: [unit], ...window, limit: 2000 };
  const volume = useAggregate({ ...shared, metrics: METRICS, filter: scope }, { live });
  const failures = useAggregate({ ...shared, metrics: ["count"], filter: also(filter, FAILED) }, { live });
  const spend = useAggregate(
    { ...shared, metrics: ["sum(cost)"], filter: filter ? also(filter, "cost is not null") : "" },
    { live },
  );

  const data = useMemo(() => {
    const rows = volume.data?.rows ?? [];
    const by = new Map(rows.map((row) => [instant(String(row[0])), row]));
    const failed = new Map((failures.data?.rows ?? []).map((row) => [instant(String(row[0])), Number(row[1])]));
    const spent = new Map((spend.data?.rows ?? []).map((row) => [instant(String(row[0])), row[1]]));
    const times = spread(
      [...new Set([...by.keys(), ...failed.keys(), ...spent.keys()])].sort((a, b) => a - b),
      BUCKET_MS[unit],
    );
    const column = (i: number) => times.map((t) => (by.get(t)?.[i] as number | null | undefined) ?? null);
    const total = column(1).map((v) => v ?? 0);
    const errors = times.map((t) => failed.get(t) ?? 0);
    return {
      times,
      total,
      errors,
      p50: column(2),
      p95: column(3),
      spent: times.map((t) => (spent.get(t) as number) ?? null),
    };
  }, [volume.data, failures.data, spend.data, unit]);

  const sum = data.total.reduce((a, b) => a + b, 0);
  const failed = data.errors.reduce((a, b) => a + b, 0);
  const spentAll = data.spent.reduce((a: number, b) => a + (b ?? 0), 0);
  const priced = data.spent.some((v) => v !== null);
  const unspent = filter ? "no matching span has a cost of its own" : "nothing was priced";
  const lines = (...list: SeriesLine[]) => list;
  const common = { times: data.times, step: BUCKET_MS[unit], onZoom };

  return (
    <div className={css.charts}>
      <Series
        title={filter ? "Matches" : "Traces"}
        figure={count(sum)}
        note={`per ${unit}, ${count(failed)} failed`}
        text={`${count(sum)} ${what} per ${unit}, ${plural(failed, "failed span")}.`}
        lines={lines(
          { label: filter ? "spans" : what, values: data.total, colour: "--chart-bar", bars: true },
          // A line, for a trace may hold many failed spans: bars of the two would not be of one kind.
          { label: "failed", values: data.errors, colour: "--bad-fill" },
        )}
        format={count}
        {...common}
      />
      <Series
        title="Latency"
        figure=""
        note={`per ${unit}`}
        text={latencyText(what, data.p50, data.p95)}
        lines={lines(
          { label: "p95", values: data.p95, colour: "--chart-3" },
          { label: "p50", values: data.p50, colour: "--chart-1" },
        )}
        format={duration}
        {...common}
      />
      <Series
        title="Cost"
        figure={priced ? cost(spentAll) : "–"}
        note={priced ? `per ${unit}, priced spans only` : unspent}
        text={priced ? `${cost(spentAll)} over all priced spans.` : `${unspent}.`}
        lines={lines({ label: "cost", values: data.spent, colour: "--chart-2", bars: true })}
        format={cost}
        {...common}
      />
    </div>
  );
}

function latencyText(what: string, p50: (number | null)[], p95: (number | null)[]): string {
  const span = (values: (number | null)[]) => {
    const known = values.filter((v): v is number => v !== null);
    return known.length ? `${duration(Math.min(...known))} to ${duration(Math.max(...known))}` : "unknown";
  };
  return `Latency of ${what}: median between ${span(p50)}, 95th percentile between ${span(p95)}.`;
}
