import { describe, expect, test } from "vitest";
import type { Experiment } from "../../api/types";
import { canaryRuns } from "./canary";

function run(id: string, changes: Partial<Experiment> = {}): Experiment {
  return {
    id,
    dataset_id: "ds_1",
    dataset_version: 1,
    metadata: { canary: "helps", provider: "models.example" },
    evaluators: { helps: `v-${id}` },
    ...changes,
  } as Experiment;
}

describe("canaryRuns", () => {
  test("each run is compared with the one before it", () => {
    const runs = canaryRuns([run("c"), run("b"), run("a")], "helps");
    expect(runs.map((each) => [each.run.id, each.before])).toEqual([
      ["c", "b"],
      ["b", "a"],
      ["a", ""],
    ]);
    expect(runs[0]).toMatchObject({ version: "v-c", provider: "models.example" });
  });
  test("only over the same version of the same items", () => {
    const runs = canaryRuns([run("c"), run("b", { dataset_version: 2 }), run("a", { dataset_id: "ds_2" })], "helps");
    expect(runs.map((each) => each.before)).toEqual(["", "", ""]);
  });
  test("other experiments and other evaluators are left out", () => {
    expect(canaryRuns([run("a", { metadata: {} }), run("b", { metadata: { canary: "tone" } })], "helps")).toEqual([]);
  });
});
