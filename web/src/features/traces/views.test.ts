import { describe, expect, it } from "vitest";
import { readViews, sameView, searchOf, viewOf, withoutView, withView } from "./views";

const failed = { name: "Failed", search: { filter: 'status == "ERROR"', range: "24h" } };

describe("views", () => {
  it("keeps the table's part of the address and nothing else", () => {
    expect(viewOf({ project: "shop", live: "1", filter: "cost > 1", sort: "", columns: "input" })).toEqual({
      filter: "cost > 1",
      columns: "input",
    });
  });

  it("replaces a view of the same name and keeps them in order", () => {
    const once = withView(withView([], failed), { name: " Dear ", search: { sort: "-trace_cost" } });
    expect(once.map((view) => view.name)).toEqual(["Dear", "Failed"]);
    expect(withView(once, { name: "Failed", search: {} })[1]?.search).toEqual({});
    expect(withView(once, { name: "  ", search: {} })).toEqual(once);
    expect(withoutView(once, "Dear")).toEqual([failed]);
  });

  it("clears what a view does not name", () => {
    expect(searchOf(failed)).toMatchObject({ filter: 'status == "ERROR"', sort: undefined, columns: undefined });
    expect(sameView(failed, { range: "24h", project: "p", filter: 'status == "ERROR"' })).toBe(true);
    expect(sameView(failed, { range: "7d", filter: 'status == "ERROR"' })).toBe(false);
  });

  it("reads nothing from what is no list of views", () => {
    expect(readViews(JSON.stringify([failed, { name: 1 }, null, { name: "x", search: { a: 1 } }]))).toEqual([failed]);
    for (const odd of [undefined, "", "{", '{"a":1}', "null"]) expect(readViews(odd)).toEqual([]);
  });
});
