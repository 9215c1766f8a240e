import { describe, expect, it } from "vitest";
import { batcher } from "./batch";

describe("batcher", () => {
  it("sends what is asked for at once in one request, each id once", async () => {
    const calls: string[][] = [];
    const load = batcher(
      async (ids) => {
        calls.push(ids);
        return ids.map((id) => ({ id }));
      },
      (item) => item.id,
    );
    expect(await Promise.all([load("a"), load("b"), load("a")])).toEqual([{ id: "a" }, { id: "b" }, { id: "a" }]);
    expect(calls).toEqual([["a", "b"]]);
  });
  it("splits what is too much for one request", async () => {
    const sizes: number[] = [];
    const load = batcher(
      async (ids) => {
        sizes.push(ids.length);
        return ids.map((id) => ({ id }));
      },
      (item) => item.id,
      2,
    );
    await Promise.all(["a", "b", "c"].map(load));
    expect(sizes).toEqual([2, 1]);
  });
  it("fails only the one that is missing", async () => {
    const load = batcher(
      async (ids) => ids.filter((id) => id !== "gone").map((id) => ({ id })),
      (item) => item.id,
    );
    const [here, gone] = await Promise.allSettled([load("here"), load("gone")]);
    expect(here.status).toBe("fulfilled");
    expect(gone).toMatchObject({ status: "rejected", reason: new Error("the server does not have gone") });
  });
});
