import css from "./Evaluators.module.css";
import { drawn, type Finding } from "./probes";

const WIDTH = 132;

/** An effect's interval over what is accepted; the numbers stand beside it. */
export function EffectBar({ line }: { line: Finding }) {
  const found = drawn(line);
  const e = line.effect;
  if (!found || !e || e.estimate === null) return null;
  const [low, high] = found.axis;
  const x = (value: number) => 3 + ((WIDTH - 6) * (value - low)) / (high - low);
  return (
    <svg className={css.effect} width={WIDTH} height="16" aria-hidden="true">
      <rect
        x={x(found.accepted[0])}
        width={x(found.accepted[1]) - x(found.accepted[0])}
        y="0"
        height="16"
        fill="var(--ok-soft)"
        stroke="var(--line-strong)"
      />
      <line x1={x(line.null)} x2={x(line.null)} y1="0" y2="16" stroke="var(--faint)" strokeDasharray="2 2" />
      {e.low !== null && e.high !== null ? (
        <line x1={x(e.low)} x2={x(e.high)} y1="8" y2="8" stroke="var(--accent)" strokeWidth="2.500" />
      ) : null}
      <circle cx={x(e.estimate)} cy="8" r="3.500" fill="var(--accent)" stroke="var(--surface)" />
    </svg>
  );
}
