import type { CalibrationSummary, Estimate } from "../../api/types";
import { estimateSentence } from "../../ui/estimate";
import ui from "../../ui/ui.module.css";
import css from "./Evaluators.module.css";

interface Point {
  version: string;
  value: Estimate;
}

/** The newest card of every version, oldest version first; only measures of one kind share an axis. */
export function pointsOf(cards: CalibrationSummary[]): Point[] {
  const newest = new Map<string, Point>();
  for (const card of cards) {
    const value = card.agreement ?? card.spearman;
    if (value?.estimate === null || !value || newest.has(card.evaluator_version)) continue;
    newest.set(card.evaluator_version, { version: card.evaluator_version, value });
  }
  return [...newest.values()].reverse();
}

const WIDTH = 900;
const HEIGHT = 170;
const LEFT = 44;
const TOP = 12;
const BOTTOM = HEIGHT - 26;

/** Agreement with people over the versions of an evaluator, with its band. */
export function VersionTrend({ cards }: { cards: CalibrationSummary[] }) {
  const points = pointsOf(cards);
  if (points.length < 2) return null;
  const x = (i: number) => LEFT + 60 + ((WIDTH - LEFT - 120) * i) / (points.length - 1);
  const y = (v: number) => BOTTOM - (BOTTOM - TOP) * Math.min(1, Math.max(0, v));
  const low = (p: Point) => p.value.low ?? p.value.estimate ?? 0;
  const high = (p: Point) => p.value.high ?? p.value.estimate ?? 0;
  const band = [
    ...points.map((p, i) => `${x(i)},${y(high(p))}`),
    ...points.map((p, i) => `${x(i)},${y(low(p))}`).reverse(),
  ];
  const said = points.map((p) => `${p.version.slice(0, 8)}: ${estimateSentence(p.value)}`).join("; ");
  return (
    <section className={ui.section} aria-label="Agreement over versions">
      <h2>Agreement over versions</h2>
      <svg
        className={css.trend}
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        role="img"
        aria-label={`Agreement by version. ${said}`}
      >
        {[0, 0.25, 0.5, 0.75, 1].map((v) => (
          <g key={v}>
            <line x1={LEFT} x2={WIDTH - 10} y1={y(v)} y2={y(v)} stroke="var(--line)" />
            <text x={LEFT - 8} y={y(v) + 4} textAnchor="end" fontSize="11" fill="var(--faint)">
              {v * 100}%
            </text>
          </g>
        ))}
        <polygon points={band.join(" ")} fill="var(--chart-1)" opacity="0.160" />
        <polyline
          points={points.map((p, i) => `${x(i)},${y(p.value.estimate ?? 0)}`).join(" ")}
          fill="none"
          stroke="var(--chart-1)"
          strokeWidth="1.600"
        />
        {points.map((p, i) => (
          <g key={p.version}>
            <line x1={x(i)} x2={x(i)} y1={y(low(p))} y2={y(high(p))} stroke="var(--chart-1)" strokeWidth="2" />
            <circle cx={x(i)} cy={y(p.value.estimate ?? 0)} r="4" fill="var(--chart-1)" stroke="var(--surface)" />
            <text x={x(i)} y={HEIGHT - 8} textAnchor="middle" fontSize="11" fill="var(--dim)">
              {p.version.slice(0, 8)}
            </text>
          </g>
        ))}
      </svg>
    </section>
  );
}
