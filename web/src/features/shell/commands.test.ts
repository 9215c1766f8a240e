import { describe, expect, it } from "vitest";
import { commands, matching } from "./commands";

const all = commands(["support-desk", "long-runs"]);

describe("matching", () => {
  it("takes 32 hex digits for a trace id", () => {
    expect(matching(all, " 4BF92F3577B34DA6A3CE929D0E0E4736 ")).toMatchObject([
      { action: "trace", value: "4bf92f3577b34da6a3ce929d0e0e4736" },
    ]);
  });
  it("finds letters in order, whole matches first", () => {
    expect(matching(all, "sup")[0]).toMatchObject({ action: "project", value: "support-desk" });
    expect(matching(all, "xprm").map((c) => c.label)).toEqual(["Experiments"]);
  });
  it("finds nothing rather than everything", () => {
    expect(matching(all, "zzz")).toEqual([]);
  });
});
