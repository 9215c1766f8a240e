import { describe, expect, it } from "vitest";
import { toneOf } from "./TrialScores";

const score = { label: "", status: "scored", explanation: "" } as const;

describe("the tone of a trial's score", () => {
  it("is that of a verdict only where there is one", () => {
    expect(toneOf({ ...score, type: "boolean", value: 0 })).toBe("bad");
    expect(toneOf({ ...score, type: "boolean", value: 1 })).toBe("ok");
    expect(toneOf({ ...score, type: "numeric", value: 0 })).toBe("plain");
    expect(toneOf({ ...score, type: "boolean", value: 0, status: "skipped" })).toBe("plain");
    expect(toneOf({ ...score, type: "boolean", value: null, status: "errored" })).toBe("warn");
  });

  it("takes the lowest of five for no success", () => {
    expect(toneOf({ ...score, type: "ordinal", value: 1 }, 5)).toBe("plain");
    expect(toneOf({ ...score, type: "ordinal", value: 0 }, 1)).toBe("bad");
  });
});
