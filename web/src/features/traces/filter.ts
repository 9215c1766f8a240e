/** Editing and completing filter expressions. The server is the only parser; this only needs tokens. */

export interface FilterField {
  name: string;
  type: "string" | "number" | "boolean" | "time" | "list";
  description: string;
  values?: string[];
}

export interface Token {
  kind: "word" | "string" | "number" | "operator" | "punctuation";
  text: string;
  start: number;
  end: number;
}

export interface Suggestion {
  label: string;
  insert: string;
  detail: string;
}

export interface Completion {
  start: number;
  end: number;
  kind: "field" | "operator" | "value" | "name" | "connective";
  /** The field before an operator or a value; `score` or `attr` where a name within its parentheses is typed. */
  field: string;
  suggestions: Suggestion[];
}

const TOKEN = /"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?|[A-Za-z_][\w.]*|-?\d[\d_.eE+-]*|==|!=|<=|>=|=~|[<>~=!]|[()[\],]/g;
const OPERATORS = new Set(["==", "!=", "<", "<=", ">", ">=", "~", "=~", "in", "is"]);
const CONNECTIVES = new Set(["and", "or"]);

export function tokens(text: string): Token[] {
  return [...text.matchAll(TOKEN)].map((match) => {
    const word = match[0];
    const first = word[0] ?? "";
    const kind: Token["kind"] =
      first === '"' || first === "'"
        ? "string"
        : /^-?\d/.test(word)
          ? "number"
          : OPERATORS.has(word)
            ? "operator"
            : /[A-Za-z_]/.test(first)
              ? "word"
              : /[<>~=!]/.test(first)
                ? "operator"
                : "punctuation";
    return { kind, text: word, start: match.index, end: match.index + word.length };
  });
}

export function quote(value: string): string {
  return JSON.stringify(value);
}

const OPERATORS_OF: Record<FilterField["type"], Suggestion[]> = {
  string: [
    { label: "==", insert: "== ", detail: "is exactly" },
    { label: "!=", insert: "!= ", detail: "is not" },
    { label: "~", insert: "~ ", detail: "contains (any case)" },
    { label: "=~", insert: "=~ ", detail: "matches a regular expression" },
    { label: "in", insert: 'in ["', detail: "is one of" },
    { label: "is null", insert: "is null ", detail: "is not set" },
  ],
  number: [">", ">=", "<", "<=", "==", "!="].map((op) => ({ label: op, insert: `${op} `, detail: "" })),
  time: [">", ">=", "<", "<="].map((op) => ({ label: op, insert: `${op} "`, detail: "RFC 3339" })),
  boolean: [{ label: "==", insert: "== ", detail: "" }],
  list: [{ label: "~", insert: '~ "', detail: "contains" }],
};

function wanted(before: Token[]): { kind: Completion["kind"]; field: string } {
  const last = before.at(-1);
  if (!last || CONNECTIVES.has(last.text) || last.text === "not" || (last.text === "(" && !isCall(before)))
    return { kind: "field", field: "" };
  if (last.text === "(" && isCall(before)) return { kind: "name", field: before.at(-2)?.text ?? "" };
  if (last.kind === "operator") return { kind: "value", field: fieldBefore(before.slice(0, -1)) };
  if (last.text === "[" || last.text === ",") return { kind: "value", field: fieldOfList(before) };
  if (isFieldEnd(before)) return { kind: "operator", field: fieldBefore(before) };
  return { kind: "connective", field: "" };
}

function isCall(before: Token[]): boolean {
  const name = before.at(-2);
  return name?.text === "score" || name?.text === "attr";
}

function isFieldEnd(before: Token[]): boolean {
  const last = before.at(-1);
  const previous = before.at(-2);
  const startsClause = !previous || CONNECTIVES.has(previous.text) || previous.text === "not" || previous.text === "(";
  if (last?.kind === "word" && last.text !== "null") return startsClause;
  return last?.text === ")" && before.at(-3)?.text === "(" && isCall(before.slice(0, -2));
}

function fieldBefore(before: Token[]): string {
  const last = before.at(-1);
  if (last?.text === "not" || last?.text === "is") return fieldBefore(before.slice(0, -1));
  return last?.kind === "word" ? last.text : "";
}

function fieldOfList(before: Token[]): string {
  for (let i = before.length - 1; i > 0; i -= 1) {
    if (before[i]?.text === "[") return fieldBefore(before.slice(0, i - (before[i - 1]?.text === "in" ? 1 : 0)));
  }
  return "";
}

function valueSuggestions(field: FilterField | undefined, values: string[]): Suggestion[] {
  if (field?.type === "boolean") return ["true", "false"].map((v) => ({ label: v, insert: `${v} `, detail: "" }));
  if (field?.type === "number" || field?.type === "time") return [];
  return values.map((v) => ({ label: v, insert: `${quote(v)} `, detail: "" }));
}

function fieldSuggestions(fields: FilterField[]): Suggestion[] {
  return [
    ...fields.map((f) => ({ label: f.name, insert: `${f.name} `, detail: f.description })),
    { label: 'score("…")', insert: 'score("', detail: "a score by name" },
    { label: 'attr("…")', insert: 'attr("', detail: "any raw attribute" },
  ];
}

/** Names within `score("…")` and `attr("…")`; the parenthesis is closed unless it is there already. */
function nameSuggestions(names: string[], rest: string): Suggestion[] {
  const close = rest.trimStart().startsWith(")") ? "" : ") ";
  return names.map((name) => ({ label: name, insert: `${quote(name)}${close}`, detail: "" }));
}

const JOIN: Suggestion[] = [
  { label: "and", insert: "and ", detail: "both must hold" },
  { label: "or", insert: "or ", detail: "either may hold" },
];

/** What could be typed at `caret`; `values` answers the known values of a field. */
export function complete(
  text: string,
  caret: number,
  fields: FilterField[],
  values: (field: string) => string[] = () => [],
): Completion {
  const all = tokens(text);
  const current = all.find(
    (t) => t.start < caret && caret <= t.end && t.kind !== "punctuation" && t.kind !== "operator",
  );
  const before = all.filter((t) => t.end <= caret && t !== current);
  const { kind, field } = wanted(before);
  const start = current ? current.start : caret;
  const typed = text.slice(start, caret).replace(/^["']/, "").toLowerCase();
  const known = fields.find((f) => f.name === field);
  const pool =
    kind === "field"
      ? fieldSuggestions(fields)
      : kind === "operator"
        ? OPERATORS_OF[known?.type ?? "string"]
        : kind === "value"
          ? valueSuggestions(known, known?.values ?? values(field))
          : kind === "name"
            ? nameSuggestions(values(field), text.slice(current ? current.end : caret))
            : JOIN;
  const suggestions = pool.filter((s) => s.label.toLowerCase().includes(typed) && s.label.toLowerCase() !== typed);
  return { start, end: current ? current.end : caret, kind, field, suggestions };
}

/** The clauses joined by `and` at the top level, as written. */
export function clauses(text: string): string[] {
  const found: string[] = [];
  let depth = 0;
  let from = 0;
  for (const token of tokens(text)) {
    if (token.text === "(" || token.text === "[") depth += 1;
    else if (token.text === ")" || token.text === "]") depth -= 1;
    else if (depth === 0 && token.text === "and") {
      found.push(text.slice(from, token.start).trim());
      from = token.end;
    }
  }
  found.push(text.slice(from).trim());
  return found.filter(Boolean);
}

function hasOr(text: string): boolean {
  let depth = 0;
  for (const token of tokens(text)) {
    if (token.text === "(" || token.text === "[") depth += 1;
    else if (token.text === ")" || token.text === "]") depth -= 1;
    else if (depth === 0 && token.text === "or") return true;
  }
  return false;
}

function listOf(clause: string, field: string): string[] | null {
  const parts = tokens(clause);
  if (parts[0]?.text !== field || parts.slice(1).some((t) => t.text === "and" || t.text === "or")) return null;
  if (parts[1]?.text !== "==" && parts[1]?.text !== "in") return null;
  const strings = parts.slice(2).filter((t) => t.kind === "string");
  try {
    return strings.map((t) => JSON.parse(t.text) as string);
  } catch {
    return null;
  }
}

/** The values a facet has ticked: those of `field == "x"` or `field in [...]` at the top level. */
export function chosen(text: string, field: string): string[] {
  if (hasOr(text)) return [];
  return clauses(text).flatMap((clause) => listOf(clause, field) ?? []);
}

function clauseFor(field: string, values: string[]): string[] {
  if (!values.length) return [];
  if (values.length === 1) return [`${field} == ${quote(values[0] ?? "")}`];
  return [`${field} in [${values.map(quote).join(", ")}]`];
}

/** Ticks or unticks one value of a facet, leaving every other clause as it was written. */
export function toggle(text: string, field: string, value: string): string {
  const base = hasOr(text) ? [`(${text.trim()})`] : clauses(text);
  const now = chosen(text, field);
  const next = now.includes(value) ? now.filter((v) => v !== value) : [...now, value];
  const others = base.filter((clause) => listOf(clause, field) === null);
  return [...others, ...clauseFor(field, next)].join(" and ");
}

/** `text and clause`, with parentheses where `or` would change the meaning. */
export function also(text: string, clause: string): string {
  if (!text.trim()) return clause;
  return `${hasOr(text) ? `(${text.trim()})` : text.trim()} and ${clause}`;
}
