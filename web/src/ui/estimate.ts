import type { Estimate } from "../api/types";
import { NONE } from "./format";

/** How an estimate is written: never with more digits than its interval supports. */
export interface EstimateText {
  value: string;
  interval: string;
  unit: string;
}

const UNITS: Record<string, [scale: number, prefix: string, suffix: string]> = {
  ratio: [100, "", "%"],
  ms: [1, "", " ms"],
  usd: [1, "$", ""],
  tokens: [1, "", ""],
  "": [1, "", ""],
};

/** Decimals that leave two significant digits of the half-width; without one, three of the value. */
export function decimals(halfWidth: number, value = 0): number {
  if (!(halfWidth > 0) || !Number.isFinite(halfWidth)) {
    if (value === 0 || !Number.isFinite(value)) return 2;
    return Math.min(9, Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value)))));
  }
  return Math.min(6, Math.max(0, 1 - Math.floor(Math.log10(halfWidth))));
}

function fixed(value: number, places: number): string {
  const text = value.toFixed(places);
  const clean = Number(text) === 0 ? text.replace("-", "") : text;
  return clean.replace("-", "−");
}

function signed(value: number, places: number): string {
  const text = fixed(value, places);
  return text.startsWith("−") || Number(text) === 0 ? text : `+${text}`;
}

export function estimateText(e: Estimate, options: { signed?: boolean } = {}): EstimateText {
  const [scale, prefix, suffix] = UNITS[e.unit] ?? [1, "", ` ${e.unit}`];
  if (e.estimate === null || Number.isNaN(e.estimate)) return { value: NONE, interval: "", unit: "" };
  const write = options.signed ? signed : fixed;
  if (e.low === null || e.high === null) {
    const value = e.estimate * scale;
    // Without an interval two digits are all that is claimed.
    const places = value === 0 ? 0 : Math.min(6, Math.max(0, 1 - Math.floor(Math.log10(Math.abs(value)))));
    return { value: prefix + write(value, places) + suffix, interval: "", unit: suffix };
  }
  const places = decimals(((e.high - e.low) / 2) * scale, e.estimate * scale);
  // A change in a share is a number of percentage points, not a percentage of anything.
  const tail = options.signed && e.unit === "ratio" ? " pp" : suffix;
  return {
    value: prefix + write(e.estimate * scale, places) + tail,
    interval: `${write(e.low * scale, places)} to ${write(e.high * scale, places)}`,
    unit: suffix,
  };
}

/** One sentence with everything a reader needs to trust the number. */
export function estimateSentence(e: Estimate, options: { signed?: boolean } = {}): string {
  const text = estimateText(e, options);
  if (text.value === NONE) return `Nothing could be estimated (n = ${e.n}).`;
  const parts = [text.value];
  parts.push(text.interval ? `${Math.round(e.level * 100)}% interval ${text.interval}` : "no interval");
  const effective =
    e.n_effective && Math.round(e.n_effective) !== e.n ? `, worth ${Math.round(e.n_effective)} independent` : "";
  parts.push(`n = ${e.n}${effective}`);
  if (e.method) parts.push(e.method.replaceAll("_", " "));
  const { skipped, unseen, errored } = e.denominators;
  if (skipped + unseen + errored > 0) parts.push(`${skipped} skipped, ${unseen} unseen, ${errored} errored`);
  return [parts.join(" · "), ...e.warnings].join(". ");
}

/** True when the interval of a difference leaves out zero. */
export function excludesZero(e: Estimate): boolean {
  return e.low !== null && e.high !== null && (e.low > 0 || e.high < 0);
}
