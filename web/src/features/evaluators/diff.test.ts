import { describe, expect, it } from "vitest";
import type { EvaluatorSpec } from "../../api/types";
import { diffLines, foldUnchanged } from "./diff";
import { definitionText, rubricYaml, scalar } from "./rubricYaml";

describe("diffLines", () => {
  it("keeps what both have and signs what one has", () => {
    const found = diffLines("a\nb\nc\n", "a\nx\nc\nd\n").map((line) => line.sign + line.text);
    expect(found).toEqual([" a", "-b", "+x", " c", "+d"]);
  });

  it("folds what is far from a change and says how much", () => {
    const text = (last: string) => [..."abcdefgh", last].join("\n");
    const found = foldUnchanged(diffLines(text("x"), text("y")), 2).map((line) => line.sign + line.text);
    expect(found).toEqual(["…6 lines", " g", " h", "-x", "+y"]);
  });

  it("gives either text back when the other's lines are left out", () => {
    const [before, after] = ["one\ntwo\nthree\ntwo", "two\nthree\nfour\ntwo\nfive"];
    const found = diffLines(before, after);
    const without = (sign: string) =>
      found
        .filter((line) => line.sign !== sign)
        .map((line) => line.text)
        .join("\n");
    expect([without("+"), without("-")]).toEqual([before, after]);
  });
});

describe("rubricYaml", () => {
  const definition = {
    name: "tone",
    target: "trace",
    type: "boolean",
    inputs: { answer: "output" },
    labels: { good: "Kind: always.", bad: "Rude" },
    scores: { good: 1, bad: 0 },
    abstain: [],
    low: 0,
    high: 1,
    rules: ["Judge the tone only"],
    examples: [{ inputs: { answer: "yes" }, label: "good", why: "It is", value: null }],
    evidence: "required",
    model: { role: "evaluation", temperature: 0 },
    max_input_chars: 200_000,
    when_cut: "unseen",
    rubric_version: "abc",
  };

  it("writes the file in its own layout and quotes what could be misread", () => {
    expect(rubricYaml(definition)).toBe(`name: tone
kind: judge
target: trace
inputs:
  answer: output
output:
  type: boolean
  labels:
    good: "Kind: always."
    bad: Rude
  scores:
    good: 1
    bad: 0
rules:
  - Judge the tone only
examples:
  - inputs:
      answer: "yes"
    label: good
    why: It is
model:
  role: evaluation
  temperature: 0
evidence: required
`);
    expect(["true", "# x", "a: b", "", "2", "- x"].map(scalar)).toEqual(
      ["true", "# x", "a: b", "", "2", "- x"].map((text) => JSON.stringify(text)),
    );
  });

  it("keeps the bar and the canary set, which are no part of the version", () => {
    const text = rubricYaml({ ...definition, min_agreement: 0.85, canary: "canary-set", when_cut: "judge" });
    expect(text).toContain("min_agreement: 0.85\ncanary: canary-set\n");
    expect(text).toContain("limits:\n  input_chars: 200000\n  when_cut: judge\n");
  });

  it("shows code as code", () => {
    const spec = { definition: { source: "def f(): ...", config: {} } } as unknown as EvaluatorSpec;
    expect(definitionText(spec)).toBe("def f(): ...");
  });
});
