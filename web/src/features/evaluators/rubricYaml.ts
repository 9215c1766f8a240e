/** Writes the definition of a judge as the rubric file it came from, so that it can be read, compared and changed. */
import type { EvaluatorSpec } from "../../api/types";

type Fields = Record<string, unknown>;

const PLAIN = /^[A-Za-z][A-Za-z0-9 _.,()'/?-]*$/;
const RESERVED = /^(true|false|null|yes|no|on|off|y|n)$/i;

/** A scalar as YAML; anything that could be read as something else is quoted. */
export function scalar(value: unknown): string {
  if (typeof value !== "string") return JSON.stringify(value ?? null);
  return PLAIN.test(value) && !RESERVED.test(value) && !value.endsWith(" ") ? value : JSON.stringify(value);
}

function inner(value: unknown, depth: number): string {
  const pad = "  ".repeat(depth);
  if (Array.isArray(value)) {
    if (!value.length) return " []";
    return value.map((each) => `\n${pad}- ${inner(each, depth + 1).trimStart()}`).join("");
  }
  if (isMap(value)) {
    const entries = Object.entries(value);
    if (!entries.length) return " {}";
    return entries.map(([key, each]) => `\n${pad}${scalar(key)}:${inner(each, depth + 1)}`).join("");
  }
  return ` ${scalar(value)}`;
}

function isMap(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function yaml(value: Fields): string {
  return `${inner(value, 0).trimStart()}\n`;
}

function size(value: unknown): number {
  return isMap(value) ? Object.keys(value).length : Array.isArray(value) ? value.length : value ? 1 : 0;
}

function given(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => size(value) > 0));
}

/** The rubric file of a judge's definition. Defaults are left out. */
export function rubricYaml(definition: Fields): string {
  const d = definition;
  const numeric = d.type === "numeric";
  const output = given({
    type: d.pairwise ? "pairwise" : d.type,
    labels: d.labels,
    scores: d.pairwise || numeric ? {} : d.scores,
    abstain: d.abstain,
    range: numeric ? [d.low, d.high] : [],
  });
  const examples = ((d.examples ?? []) as Fields[]).map(({ inputs, label, why, value }) => ({
    inputs,
    ...(value === null || value === undefined ? { label } : { value }),
    why,
  }));
  return yaml({
    name: d.name,
    kind: "judge",
    ...given({ description: d.description }),
    target: d.target,
    inputs: d.inputs,
    output,
    ...given({ criteria: d.criteria, rules: d.rules, examples, model: d.model }),
    ...(d.evidence === "optional" ? {} : { evidence: d.evidence }),
    ...given({ min_agreement: d.min_agreement, canary: d.canary }),
    ...(d.states_confidence ? { confidence: "stated" } : {}),
    ...(d.max_input_chars === 200_000 && d.when_cut === "unseen"
      ? {}
      : { limits: { input_chars: d.max_input_chars, when_cut: d.when_cut } }),
  });
}

export function isRubric(definition: Fields): boolean {
  return isMap(definition.inputs) && isMap(definition.labels) && "rubric_version" in definition;
}

/** What decides the verdicts of an evaluator, as text. */
export function definitionText(spec: EvaluatorSpec): string {
  const d = spec.definition as Fields;
  if (isRubric(d)) {
    const asked = d.asked_model ? `# asked of ${d.asked_model}\n` : "";
    return asked + rubricYaml(d);
  }
  if (typeof d.source === "string") {
    const config = size(d.config) ? `\n# with ${JSON.stringify(d.config)}\n` : "";
    return d.source + config;
  }
  return size(d) ? yaml(d) : "";
}
