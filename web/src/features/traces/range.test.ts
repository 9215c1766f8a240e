import { describe, expect, it } from "vitest";
import { bucket, timeWindow } from "./range";

const NOW = Date.parse("2026-03-01T12:00:30Z");

describe("timeWindow", () => {
  it("is open on both ends by default", () => {
    expect(timeWindow({}, NOW)).toEqual({});
  });
  it("starts a rolling range on a whole minute", () => {
    expect(timeWindow({ range: "1h" }, NOW)).toEqual({ start: "2026-03-01T11:00:00.000Z" });
  });
  it("prefers given ends", () => {
    expect(timeWindow({ range: "1h", start: "2026-01-01T00:00:00Z" }, NOW)).toEqual({ start: "2026-01-01T00:00:00Z" });
  });
});

describe("bucket", () => {
  it("grows with the range", () => {
    const end = "2026-03-01T12:00:00Z";
    expect(bucket({ start: "2026-03-01T11:00:00Z", end })).toBe("minute");
    expect(bucket({ start: "2026-02-28T12:00:00Z", end })).toBe("hour");
    expect(bucket({ start: "2026-01-01T00:00:00Z", end })).toBe("day");
  });
  it("follows the data when no range is set", () => {
    expect(bucket({}, [NOW - 3_600_000, NOW])).toBe("minute");
  });
});
