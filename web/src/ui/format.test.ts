import { describe, expect, it } from "vitest";
import { bytes, cost, count, duration, instant, pValue } from "./format";
import { previewText } from "./preview";

describe("format", () => {
  it("writes durations from microseconds to days", () => {
    expect([0, 0.25, 4.26, 870, 2340, 59_960, 3_700_000, 200_000_000].map(duration)).toEqual([
      "0 ms",
      "250 µs",
      "4.3 ms",
      "870 ms",
      "2.34 s",
      "1 m 0 s",
      "1 h 1 m",
      "2 d 7 h",
    ]);
  });
  it("keeps unknown apart from zero", () => {
    expect([cost(null), cost(0), count(null), count(0), duration(null)]).toEqual(["–", "$0", "–", "0", "–"]);
  });
  it("shortens counts, costs and sizes", () => {
    expect([count(9_999), count(30_001), count(1_250_000)]).toEqual(["9,999", "30.0k", "1.3M"]);
    expect([cost(0.00042), cost(0.0312), cost(5.378), cost(1234.5)]).toEqual(["$0.00042", "$0.031", "$5.38", "$1,235"]);
    expect([bytes(900), bytes(2_600_000)]).toEqual(["900 B", "2.6 MB"]);
  });
  it("reads nanoseconds of an instant", () => {
    expect(instant("1970-01-01T00:00:01.000250000Z")).toBeCloseTo(1000.25, 6);
    expect(instant("1970-01-01T00:00:01Z")).toBe(1000);
  });
  it("does not pretend to exact p-values", () => {
    expect([pValue(null), pValue(0.00001), pValue(0.0312), pValue(0.64)]).toEqual(["–", "< 0.001", "0.031", "0.64"]);
  });
});

describe("previewText", () => {
  it("reads the last words out of chat messages", () => {
    const messages = [
      { role: "system", parts: [{ type: "text", content: "Be kind." }] },
      { role: "user", parts: [{ type: "text", content: 'Say "hi"\nnow' }] },
    ];
    expect(previewText(JSON.stringify(messages))).toBe('Say "hi"\nnow');
  });
  it("reads a preview that was cut in the middle", () => {
    expect(previewText('[{"role": "user", "parts": [{"type": "text", "content": "Where is my ord')).toBe(
      "Where is my ord",
    );
  });
  it("leaves every other text alone", () => {
    expect(previewText('{"order_id": 3}')).toBe('{"order_id": 3}');
    expect(previewText("plain")).toBe("plain");
  });
});
