import { describe, expect, it } from "vitest";
import { browserPattern, cut, distinct, tabOf } from "./find";

const hit = { span_id: "a", field: "input", offset: 4, length: 3, excerpt: "see FOO here" };

describe("find", () => {
  it("opens the tab that shows the field", () => {
    expect([tabOf("input"), tabOf("output"), tabOf("attributes.input.value"), tabOf("events[0].name")]).toEqual([
      "io",
      "io",
      "attributes",
      "attributes",
    ]);
  });
  it("says once what an attribute repeats", () => {
    const repeated = { ...hit, field: "attributes.input.value" };
    const elsewhere = { ...repeated, offset: 9 };
    const other = { ...repeated, span_id: "b" };
    expect(distinct([hit, repeated, elsewhere, other])).toEqual([hit, elsewhere, other]);
  });
  it("reads the server's flags and gives up on what browsers do not know", () => {
    expect(browserPattern("(?i)foo")?.test("FOO")).toBe(true);
    expect(browserPattern("a(")).toBeNull();
    expect(browserPattern("")).toBeNull();
  });
  it("splits an excerpt around the match, or leaves it whole", () => {
    expect(cut(hit, "(?i)foo")).toEqual({ before: "see ", match: "FOO", after: " here" });
    expect(cut(hit, "nothing")).toEqual({ before: "see FOO here", match: "", after: "" });
  });
});
