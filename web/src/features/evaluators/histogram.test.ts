import { expect, it } from "vitest";
import { histogram } from "./histogram";

it("counts few values one by one", () => {
  expect(histogram([1, 0, 1, 0.5])).toEqual([
    ["0", 1],
    ["0.5", 1],
    ["1", 2],
  ]);
});

it("puts many values into ten steps and loses none", () => {
  const bins = histogram(Array.from({ length: 101 }, (_, i) => i));
  expect(bins.length).toBe(10);
  expect(bins.reduce((sum, [, n]) => sum + n, 0)).toBe(101);
  expect(bins[9]).toEqual(["from 90", 11]);
});
