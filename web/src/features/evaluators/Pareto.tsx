import type { Estimate, JudgeStanding } from "../../api/types";
import { estimateText, renderEstimate } from "../../ui/estimate";
import css from "./Evaluators.module.css";

const WIDTH = 900;
const HEIGHT = 190;
const LEFT = 44;
const RIGHT = 170;
const TOP = 12;
const BOTTOM = HEIGHT - 30;

type Price = "cost" | "latency_ms";

/** Agreement over price, each judge with its interval; those nobody beats are joined. */
export function Pareto({ judges, metrics }: { judges: JudgeStanding[]; metrics: string[] }) {
  const price: Price | undefined = metrics.includes("cost")
    ? "cost"
    : metrics.includes("latency_ms")
      ? "latency_ms"
      : undefined;
  const known = judges.filter((judge) => price && judge[price] && standing(judge).estimate !== null);
  if (!price || known.length < 2) return null;
  const of = (judge: JudgeStanding) => (judge[price] as Estimate).estimate ?? 0;
  const dearest = Math.max(...known.map(of)) || 1;
  const x = (v: number) => LEFT + 12 + (WIDTH - LEFT - RIGHT - 12) * (v / dearest);
  const floor = floorOf(known.map(standing));
  const y = (v: number) => BOTTOM - ((BOTTOM - TOP) * Math.max(0, v - floor)) / (1 - floor);
  const at = (judge: JudgeStanding) => `${x(of(judge))},${y(standing(judge).estimate ?? 0)}`;
  const front = known.filter((judge) => judge.on_front).sort((a, b) => of(a) - of(b));
  const word = price === "cost" ? "cost of a verdict" : "time of a verdict";
  const said = known
    .map(
      (judge) =>
        `${judge.evaluator}: ${renderEstimate(standing(judge))} for ${renderEstimate(judge[price] as Estimate)}`,
    )
    .join("; ");
  return (
    <svg
      className={css.trend}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      role="img"
      aria-label={`Agreement by ${word}. ${said}`}
    >
      {[floor, (1 + floor) / 2, 1].map((v) => (
        <g key={v}>
          <line x1={LEFT} x2={WIDTH - RIGHT} y1={y(v)} y2={y(v)} stroke="var(--line)" />
          <text x={LEFT - 8} y={y(v) + 4} textAnchor="end" fontSize="11" fill="var(--faint)">
            {Math.round(v * 100)}%
          </text>
        </g>
      ))}
      <text x={(LEFT + WIDTH - RIGHT) / 2} y={HEIGHT - 8} textAnchor="middle" fontSize="11" fill="var(--dim)">
        {word}
      </text>
      <text x={x(0)} y={HEIGHT - 8} textAnchor="middle" fontSize="11" fill="var(--faint)">
        0
      </text>
      <text x={x(dearest)} y={HEIGHT - 8} textAnchor="middle" fontSize="11" fill="var(--faint)">
        {estimateText(known.find((judge) => of(judge) === dearest)?.[price] as Estimate).value}
      </text>
      <polyline points={front.map(at).join(" ")} fill="none" stroke="var(--chart-1)" strokeDasharray="4 4" />
      {known.map((judge) => (
        <g key={judge.evaluator}>
          <line
            x1={x(of(judge))}
            x2={x(of(judge))}
            y1={y(standing(judge).low ?? 0)}
            y2={y(standing(judge).high ?? 1)}
            stroke="var(--chart-1)"
            strokeWidth="2"
          />
          <circle
            cx={x(of(judge))}
            cy={y(standing(judge).estimate ?? 0)}
            r="4.500"
            fill={judge.on_front ? "var(--chart-1)" : "var(--surface)"}
            stroke="var(--chart-1)"
          />
          <text x={x(of(judge)) + 9} y={y(standing(judge).estimate ?? 0) + 16} fontSize="11" fill="var(--dim)">
            {judge.evaluator}
          </text>
        </g>
      ))}
    </svg>
  );
}

/** What a judge is placed by: its agreement, or the rank correlation of one that gives numbers. */
export function standing(judge: JudgeStanding): Estimate {
  return judge.spearman ?? judge.agreement;
}

/** Where the axis of agreement begins: the tenth below the lowest interval, so that judges can be told apart. */
export function floorOf(agreements: Estimate[]): number {
  const lowest = Math.min(...agreements.map((each) => each.low ?? each.estimate ?? 0));
  return Math.max(0, Math.min(0.9, Math.floor(lowest * 10) / 10));
}
