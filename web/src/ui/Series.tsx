import "uplot/dist/uPlot.min.css";
import { useComputedColorScheme } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { useEffect, useRef, useState } from "react";
import uPlot from "uplot";
import { when } from "./format";
import css from "./Series.module.css";
import { ticksOf } from "./ticks";

export interface SeriesLine {
  label: string;
  values: (number | null)[];
  /** Name of a colour token. */
  colour: string;
  bars?: boolean;
}

interface Props {
  title: string;
  figure: string;
  note: string;
  /** The same content in words, for those who do not see the drawing. */
  text: string;
  times: number[];
  step: number;
  lines: SeriesLine[];
  format: (value: number | null) => string;
  onZoom?: (start: string, end: string) => void;
}

const HEIGHT = 84;

function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

const dayText = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const hourText = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });

/** A time axis label on one line: the day at midnight and for daily bars, the hour otherwise. */
function tick(at: number, step: number): string {
  const date = new Date(at);
  const midnight = date.getHours() === 0 && date.getMinutes() === 0;
  return step >= 86_400_000 || midnight ? dayText.format(date) : hourText.format(date);
}

function options(props: Props, width: number, onHover: (i: number | null) => void): uPlot.Options {
  const bars = uPlot.paths.bars?.({ size: [0.72, 18], radius: 0.15 });
  const first = props.times[0] ?? 0;
  const last = props.times.at(-1) ?? 0;
  const axis = { stroke: token("--faint"), font: "10px Inter", ticks: { show: false } };
  return {
    width,
    height: HEIGHT,
    padding: [6, 8, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { show: false }, drag: { x: Boolean(props.onZoom), y: false, setScale: false } },
    scales: {
      // By the buckets, for a plot of one point would be given a day.
      x: { time: true, range: () => [(first - props.step / 2) / 1000, (last + props.step / 2) / 1000] },
      y: { range: (_u, _min, max) => [0, max > 0 ? max * 1.08 : 1] },
    },
    axes: [
      {
        ...axis,
        size: 18,
        gap: 2,
        grid: { show: false },
        splits: (u) => ticksOf(props.times, props.step, u.bbox.width / devicePixelRatio).map((t) => t / 1000),
        values: (_u, ticks) => ticks.map((s) => tick(s * 1000, props.step)),
      },
      {
        ...axis,
        size: 46,
        gap: 4,
        space: 26,
        grid: { stroke: token("--line"), width: 1 },
        values: (_u, ticks) => ticks.map((v) => props.format(v)),
      },
    ],
    series: [
      {},
      ...props.lines.map((line) => ({
        label: line.label,
        stroke: token(line.colour),
        fill: line.bars ? token(line.colour) : undefined,
        width: line.bars ? 0 : 1.6,
        paths: line.bars ? bars : undefined,
        points: { show: !line.bars && props.times.length < 40, size: 4 },
        spanGaps: true,
      })),
    ],
    hooks: {
      setCursor: [(u) => onHover(u.cursor.idx ?? null)],
      setSelect: [
        (u) => {
          if (u.select.width < 4 || !props.onZoom) return;
          const at = (x: number) => new Date(Math.round(u.posToVal(x, "x") * 1000)).toISOString();
          props.onZoom(at(u.select.left), at(u.select.left + u.select.width));
        },
      ],
    },
  };
}

function Legend({ lines }: { lines: SeriesLine[] }) {
  return lines.map((line) => (
    <span key={line.label} className={css.key}>
      <i style={{ background: `var(${line.colour})` }} />
      {line.label}
    </span>
  ));
}

/** A small time series with its figure, values under the pointer, drag to zoom, and its content in words. */
export function Series(props: Props) {
  const { ref, width } = useElementSize();
  const box = useRef<HTMLDivElement>(null);
  const scheme = useComputedColorScheme("light");
  const [hover, setHover] = useState<number | null>(null);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the scheme changes what the colour tokens resolve to
  useEffect(() => {
    if (!box.current || width < 50 || !props.times.length) return;
    const data: uPlot.AlignedData = [props.times.map((t) => t / 1000), ...props.lines.map((line) => line.values)];
    const plot = new uPlot(options(props, width, setHover), data, box.current);
    return () => plot.destroy();
  }, [props.times, props.lines, width, scheme]);

  const at = hover !== null ? props.times[hover] : undefined;
  return (
    <figure className={css.series} aria-label={`${props.title}. ${props.text}`}>
      <figcaption>
        <b>{props.title}</b>
        <span className={css.figure}>{props.figure}</span>
        <span className="faint cut">
          {at === undefined ? (
            <>
              {props.lines.length > 1 ? <Legend lines={props.lines} /> : null}
              {props.note}
            </>
          ) : (
            <>
              {when(new Date(at).toISOString())}{" "}
              {props.lines.map((line) => `${line.label} ${props.format(line.values[hover ?? 0] ?? null)}`).join(", ")}
            </>
          )}
        </span>
      </figcaption>
      <div ref={ref} className={css.plot} aria-hidden>
        {props.times.length ? <div ref={box} /> : <p className={css.empty}>No data in this range</p>}
      </div>
    </figure>
  );
}
