import { Tooltip } from "@mantine/core";
import type { Estimate } from "../api/types";
import { estimateSentence, estimateText } from "./estimate";
import { count } from "./format";
import css from "./ui.module.css";

interface Props {
  value: Estimate | null | undefined;
  /** A difference: written with its sign. */
  signed?: boolean;
  /** Which way is better, to colour a difference whose interval leaves out zero. */
  direction?: string;
  /** The axis the whisker is drawn on; left out, no whisker is drawn. */
  domain?: [number, number];
  /** The interval below the value instead of beside it, where columns are many. */
  stacked?: boolean;
  /** Its n in sight, not only on hover. */
  n?: boolean;
}

function toneOf(e: Estimate, direction: string): string {
  if (e.low === null || e.high === null) return "";
  if (e.low > 0) return direction === "lower" ? "bad" : "ok";
  if (e.high < 0) return direction === "lower" ? "ok" : "bad";
  return "";
}

/** The only way a number with sampling error reaches the screen: value, interval and, on hover, n and method. */
export function EstimateView({ value, signed = false, direction, domain, stacked = false, n = false }: Props) {
  if (!value) return <span className="faint">–</span>;
  const text = estimateText(value, { signed });
  const tone = direction ? toneOf(value, direction) : "";
  const interval = text.interval || (text.value === "–" ? "" : "no interval");
  const observed = n && value.estimate !== null ? `n = ${count(value.n)}` : "";
  return (
    <Tooltip label={estimateSentence(value, { signed })} maw={320}>
      <span
        className={css.estimate}
        data-stacked={stacked || undefined}
        tabIndex={0}
        aria-label={estimateSentence(value, { signed })}
        role="img"
      >
        {domain ? <Whisker value={value} domain={domain} zero={signed} /> : null}
        <span className={`${css.estimateValue} ${tone}`}>{text.value}</span>
        <span className={css.estimateRange}>{[interval, observed].filter(Boolean).join("  ")}</span>
      </span>
    </Tooltip>
  );
}

function Whisker({ value, domain, zero }: { value: Estimate; domain: [number, number]; zero: boolean }) {
  if (value.estimate === null) return null;
  const x = (v: number) => 2 + 60 * Math.min(1, Math.max(0, (v - domain[0]) / (domain[1] - domain[0] || 1)));
  const at = x(value.estimate);
  return (
    <svg className={css.whisker} width="64" height="14" aria-hidden="true">
      <line x1="2" x2="62" y1="7" y2="7" stroke="var(--line)" />
      {zero ? <line x1={x(0)} x2={x(0)} y1="0" y2="14" stroke="var(--line-strong)" /> : null}
      {value.low !== null && value.high !== null ? (
        <line x1={x(value.low)} x2={x(value.high)} y1="7" y2="7" stroke="var(--accent)" strokeWidth="2.500" />
      ) : null}
      <circle cx={at} cy="7" r="3.500" fill="var(--accent)" stroke="var(--surface)" />
    </svg>
  );
}
