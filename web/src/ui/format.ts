/** Text for numbers and times. Every function takes null for "the source did not say" and answers an en dash. */

export const NONE = "–";

export function duration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || Number.isNaN(ms)) return NONE;
  if (ms === 0) return "0 ms";
  if (ms < 1) return `${Math.round(ms * 1000)} µs`;
  if (ms < 999.5) return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
  const s = ms / 1000;
  if (s < 59.95) return `${s < 9.95 ? s.toFixed(2) : s.toFixed(1)} s`;
  const whole = Math.round(s);
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} m ${whole % 60} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} m` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

export function count(value: number | null | undefined): string {
  if (value === null || value === undefined) return NONE;
  if (value < 10_000) return value.toLocaleString("en-US");
  if (value < 999_500) return `${(value / 1000).toFixed(value < 99_950 ? 1 : 0)}k`;
  return `${(value / 1e6).toFixed(value < 99.95e6 ? 1 : 0)}M`;
}

export function cost(value: number | null | undefined): string {
  if (value === null || value === undefined) return NONE;
  if (value === 0) return "$0";
  if (value < 0.01) return `$${value.toPrecision(2)}`;
  return `$${value < 100 ? value.toFixed(value < 1 ? 3 : 2) : Math.round(value).toLocaleString("en-US")}`;
}

export function bytes(value: number | null | undefined): string {
  if (value === null || value === undefined) return NONE;
  const units = ["B", "KB", "MB", "GB", "TB"];
  let size = value;
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${unit && size < 10 ? size.toFixed(1) : Math.round(size)} ${units[unit]}`;
}

/** Milliseconds since the epoch, keeping what the fraction says below one (to a quarter of a microsecond). */
export function instant(time: string): number {
  if (!time) return Number.NaN;
  const dot = time.indexOf(".");
  if (dot < 0) return Date.parse(time);
  let end = dot + 1;
  while (end < time.length && time.charCodeAt(end) >= 48 && time.charCodeAt(end) <= 57) end += 1;
  return Date.parse(time.slice(0, dot) + time.slice(end)) + Number(`0${time.slice(dot, end)}`) * 1000;
}

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const minute = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat("en-GB", { day: "2-digit", month: "short" });
const full = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "long" });

export function when(time: string | null | undefined, now = Date.now()): string {
  const at = instant(time ?? "");
  if (!time || Number.isNaN(at) || at <= 0) return NONE;
  const date = new Date(at);
  if (date.getFullYear() === new Date(now).getFullYear()) return `${day.format(date)} ${clock.format(date)}`;
  return `${day.format(date)} ${date.getFullYear()} ${minute.format(date)}`;
}

export function fullTime(time: string | null | undefined): string {
  const at = instant(time ?? "");
  return Number.isNaN(at) ? NONE : full.format(new Date(at));
}

export function ago(time: string | null | undefined, now = Date.now()): string {
  const at = instant(time ?? "");
  if (!time || Number.isNaN(at)) return NONE;
  const s = Math.max(0, (now - at) / 1000);
  if (s < 60) return "just now";
  if (s < 3600) return `${Math.floor(s / 60)} min ago`;
  if (s < 86_400) return `${Math.floor(s / 3600)} h ago`;
  return `${Math.floor(s / 86_400)} d ago`;
}

export function plural(n: number, noun: string, many = `${noun}s`): string {
  return `${count(n)} ${n === 1 ? noun : many}`;
}

/** A value of any JSON type on one line. */
export function oneLine(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "string" ? value.replace(/\s+/g, " ") : JSON.stringify(value);
}

export function pValue(p: number | null): string {
  if (p === null) return NONE;
  return p < 0.001 ? "< 0.001" : p.toFixed(p < 0.1 ? 3 : 2);
}

/** A share from 0 to 1. */
export function percent(share: number): string {
  if (share < 0.001) return share > 0 ? "< 0.1%" : "0%";
  return `${(share * 100).toFixed(share < 0.1 ? 1 : 0)}%`;
}
