import { describe, expect, it } from "vitest";
import { FIELDS } from "./fields";
import { also, chosen, clauses, complete, toggle, tokens } from "./filter";

const at = (text: string, values: string[] = []) => {
  const caret = text.indexOf("|");
  return complete(text.replace("|", ""), caret, FIELDS, () => values);
};
const labels = (text: string, values: string[] = []) => at(text, values).suggestions.map((s) => s.label);

describe("tokens", () => {
  it("keeps a string with an escaped quote in one piece", () => {
    expect(tokens('name == "a \\" b" and x > 3').map((t) => t.text)).toEqual([
      "name",
      "==",
      '"a \\" b"',
      "and",
      "x",
      ">",
      "3",
    ]);
  });
  it("tolerates a string that is not closed yet", () => {
    expect(tokens('name == "abc').at(-1)).toMatchObject({ kind: "string", text: '"abc' });
  });
});

describe("complete", () => {
  it("knows the names within score and attr, and closes what is open", () => {
    const typed = at('score("res|', ["resolution", "no_loop"]);
    expect(typed).toMatchObject({ kind: "name", field: "score" });
    expect(typed.suggestions).toEqual([{ label: "resolution", insert: '"resolution") ', detail: "" }]);
    expect(at('attr("ten|") == 1', ["tenant.id"]).suggestions[0]?.insert).toBe('"tenant.id"');
    expect(labels("score(|", ["resolution"])).toEqual(["resolution"]);
    expect(at('score("resolution") |').kind).toBe("operator");
  });
  it("offers every field at the start and after a connective", () => {
    expect(labels("|")).toContain("model");
    expect(labels('kind == "LLM" and |')).toContain("latency_ms");
  });
  it("narrows fields to what is typed", () => {
    expect(labels("laten|")).toEqual(["latency_ms", "trace_latency_ms"]);
  });
  it("offers operators that fit the type of the field", () => {
    expect(labels("latency_ms |")).toContain(">=");
    expect(labels("latency_ms |")).not.toContain("~");
    expect(labels("model |")).toContain("=~");
  });
  it("offers known values after an operator, and within a list", () => {
    expect(labels("model == |", ["gpt-5", "claude"])).toEqual(["gpt-5", "claude"]);
    expect(labels('model in ["gpt-5", |', ["gpt-5", "claude"])).toContain("claude");
    expect(labels("is_root == |")).toEqual(["true", "false"]);
  });
  it("completes inside a value that is being typed", () => {
    const { start, end, suggestions } = at('model == "cla|', ["gpt-5", "claude"]);
    expect([start, end]).toEqual([9, 13]);
    expect(suggestions.map((s) => s.insert)).toEqual(['"claude" ']);
  });
  it("offers a connective once a clause is complete", () => {
    expect(labels('kind == "LLM" |')).toEqual(["and", "or"]);
    expect(at('score("x") > 0.5 |').kind).toBe("connective");
  });
  it("takes score(...) for a field", () => {
    expect(at('score("faithfulness") |').kind).toBe("operator");
  });
});

describe("facets", () => {
  it("adds, extends and removes a clause without touching the others", () => {
    const one = toggle("latency_ms > 5", "kind", "LLM");
    expect(one).toBe('latency_ms > 5 and kind == "LLM"');
    const two = toggle(one, "kind", "TOOL");
    expect(two).toBe('latency_ms > 5 and kind in ["LLM", "TOOL"]');
    expect(chosen(two, "kind")).toEqual(["LLM", "TOOL"]);
    expect(toggle(toggle(two, "kind", "LLM"), "kind", "TOOL")).toBe("latency_ms > 5");
  });
  it("puts parentheses around or", () => {
    expect(toggle("a == 1 or b == 2", "kind", "LLM")).toBe('(a == 1 or b == 2) and kind == "LLM"');
    expect(also("a == 1 or b == 2", "c == 3")).toBe("(a == 1 or b == 2) and c == 3");
  });
  it("quotes values that hold quotes", () => {
    expect(chosen(toggle("", "model", 'a"b'), "model")).toEqual(['a"b']);
  });
  it("splits only at the top level", () => {
    expect(clauses('(a == 1 and b == 2) and name == "x and y"')).toEqual(["(a == 1 and b == 2)", 'name == "x and y"']);
  });
});
