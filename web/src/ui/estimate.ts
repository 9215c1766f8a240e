import type { Estimate } from "../api/types";
import { NONE } from "./format";

/** The parts of an estimate's one text, `0.84 [0.78, 0.89] n=200`: the same digits and units as in the command line. */
export interface EstimateText {
  value: string;
  interval: string;
}

interface Options {
  /** A difference: written with its sign. */
  signed?: boolean;
}

const MAX_DECIMALS = 9;

/** Decimals an interval supports: one digit of the half-width, two where it starts with 1 or 2; negative for tens. */
export function decimals(halfWidth: number, value = 0): number {
  if (!(halfWidth > 0) || !Number.isFinite(halfWidth)) {
    if (value === 0 || !Number.isFinite(value)) return 2;
    return Math.min(MAX_DECIMALS, Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value)))));
  }
  const exponent = Math.floor(Math.log10(halfWidth));
  return Math.min(MAX_DECIMALS, -exponent + (halfWidth / 10 ** exponent < 2.95 ? 1 : 0));
}

/** Rounds to the even digit where a value lies exactly between two, as the command line does. */
function rounded(value: number, places: number): string {
  if (places < 0) {
    const step = 10 ** -places;
    const whole = Math.floor(value / step);
    const rest = value / step - whole;
    return String((rest > 0.5 || (rest === 0.5 && whole % 2 === 1) ? whole + 1 : whole) * step);
  }
  const exact = value.toFixed(Math.min(100, places + 60));
  const cut = exact.length - (exact.split(".")[1]?.length ?? 0) + places;
  const kept = exact.slice(0, cut).replace(/\.$/, "");
  const between = /^\.?50*$/.test(exact.slice(cut));
  return between && /[02468]$/.test(kept) ? kept : value.toFixed(places);
}

function quantity(value: number, unit: string, places: number, options: Options & { suffix?: boolean }): string {
  const digits = rounded(Math.abs(unit === "percent" ? value * 100 : value), places);
  const sign = Number(digits) === 0 ? "" : value < 0 ? "-" : options.signed ? "+" : "";
  const [whole = "", fraction] = digits.split(".");
  const text = whole.replace(/\B(?=(\d{3})+$)/g, ",") + (fraction === undefined ? "" : `.${fraction}`);
  if (unit === "usd") return `${sign}$${text}`;
  if (unit === "percent") return `${sign}${text}%`;
  return sign + text + (options.suffix === false || unit === "" || unit === "ratio" ? "" : ` ${unit}`);
}

export function estimateText(e: Estimate, options: Options = {}): EstimateText {
  if (e.estimate === null || Number.isNaN(e.estimate)) return { value: NONE, interval: "" };
  const scale = e.unit === "percent" ? 100 : 1;
  const half = e.low === null || e.high === null ? 0 : ((e.high - e.low) / 2) * scale;
  const places = decimals(half, e.estimate * scale);
  const value = quantity(e.estimate, e.unit, places, options);
  if (e.low === null || e.high === null) return { value, interval: "" };
  const [low, high] = [e.low, e.high].map((end) => quantity(end, e.unit, places, { ...options, suffix: false }));
  const level = Math.abs(e.level - 0.95) < 1e-9 ? "" : ` at ${Number((e.level * 100).toPrecision(6))}%`;
  return { value, interval: `[${low}, ${high}]${level}` };
}

/** The one text for an estimate, as the command line and reports write it. */
export function renderEstimate(e: Estimate, options: Options = {}): string {
  const { value, interval } = estimateText(e, options);
  return value === NONE ? `n/a (n=${e.n})` : `${value} ${interval || "[n/a]"} n=${e.n}`;
}

/** One sentence with everything a reader needs to trust the number. */
export function estimateSentence(e: Estimate, options: Options = {}): string {
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
