import { describe, expect, it } from "vitest";
import { ticksOf } from "./ticks";

const MINUTE = 60_000;
const noon = Date.UTC(2026, 4, 1, 12);
const minutes = (n: number, from = noon) => Array.from({ length: n }, (_, i) => from + i * MINUTE);

describe("ticksOf", () => {
  it("labels the only bucket there is", () => {
    expect(ticksOf([noon + 3 * MINUTE], MINUTE, 300, 0)).toEqual([noon + 3 * MINUTE]);
  });

  it("labels every bucket when there is room", () => {
    expect(ticksOf(minutes(4), MINUTE, 300, 0)).toEqual(minutes(4));
  });

  it("labels round times otherwise", () => {
    const found = ticksOf(minutes(60, noon + MINUTE), MINUTE, 300, 0);
    expect(found.map((t) => new Date(t).getUTCMinutes())).toEqual([15, 30, 45, 0]);
  });

  it("goes by the reader's clock", () => {
    const hours = Array.from({ length: 48 }, (_, i) => noon + i * 60 * MINUTE);
    const found = ticksOf(hours, 60 * MINUTE, 140, -120);
    expect(found.map((t) => new Date(t).getUTCHours())).toEqual([22, 22]);
  });
});
