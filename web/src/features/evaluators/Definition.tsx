import type { EvaluatorSpec } from "../../api/types";
import { Badge } from "../../ui/Badge";
import { oneLine } from "../../ui/format";
import { JsonTree } from "../../ui/JsonTree";
import ui from "../../ui/ui.module.css";
import css from "./Evaluators.module.css";
import { definitionText, isRubric } from "./rubricYaml";

interface RubricFields {
  inputs: Record<string, string>;
  labels: Record<string, string>;
  scores: Record<string, number>;
  abstain: string[];
  rules: string[];
  criteria?: Record<string, string>;
  examples: { inputs: Record<string, unknown>; label: string; why: string; value: number | null }[];
  evidence: string;
  low: number;
  high: number;
  model: Record<string, unknown>;
  asked_model?: string;
}

/** What an evaluator goes by: a rubric in words, or the code that decides. */
export function Definition({ spec }: { spec: EvaluatorSpec }) {
  const source = spec.definition.source;
  return (
    <section className={ui.section} aria-label="Definition">
      <h2>Definition</h2>
      {isRubric(spec.definition) ? (
        <RubricView spec={spec} rubric={spec.definition as unknown as RubricFields} />
      ) : typeof source === "string" ? (
        <pre className={css.code} tabIndex={0}>
          {definitionText(spec)}
        </pre>
      ) : Object.keys(spec.definition).length ? (
        <div className={css.body}>
          <JsonTree value={spec.definition} label={`Definition of ${spec.name}`} />
        </div>
      ) : (
        <p>It was registered without its definition, so only its verdicts can be shown.</p>
      )}
    </section>
  );
}

function RubricView({ spec, rubric }: { spec: EvaluatorSpec; rubric: RubricFields }) {
  const model = rubric.asked_model || String(rubric.model.name ?? "");
  return (
    <div className={`${css.body} ${css.definition}`}>
      <h3>Judges</h3>
      <p>
        a {spec.target} by {Object.keys(rubric.inputs).length} inputs, {spec.type}; evidence is {rubric.evidence}
        {model ? `; asked of ${model}` : ""}.
      </p>
      <h3>Inputs</h3>
      <dl className={css.pairs}>
        {Object.entries(rubric.inputs).map(([name, selector]) => (
          <Pair key={name} term={<b>{name}</b>} text={<code>{selector}</code>} />
        ))}
      </dl>
      <h3>{spec.type === "numeric" ? "Range" : "Labels"}</h3>
      {spec.type === "numeric" ? (
        <p>
          {rubric.low} to {rubric.high}
        </p>
      ) : null}
      <dl className={css.pairs}>
        {Object.entries(rubric.labels).map(([label, meaning]) => (
          <Pair
            key={label}
            term={
              <>
                <Badge tone={rubric.abstain.includes(label) ? "warn" : "accent"}>{label}</Badge>
                {label in rubric.scores ? <span className="faint num">{rubric.scores[label]}</span> : null}
                {rubric.abstain.includes(label) ? <span className="faint">abstains</span> : null}
              </>
            }
            text={meaning}
          />
        ))}
      </dl>
      {Object.keys(rubric.criteria ?? {}).length ? (
        <>
          <h3>Criteria, each judged by itself</h3>
          <dl className={css.pairs}>
            {Object.entries(rubric.criteria ?? {}).map(([name, asked]) => (
              <Pair key={name} term={<b>{name}</b>} text={asked} />
            ))}
          </dl>
        </>
      ) : null}
      {rubric.rules.length ? (
        <>
          <h3>Rules</h3>
          <ol>
            {rubric.rules.map((rule) => (
              <li key={rule}>{rule}</li>
            ))}
          </ol>
        </>
      ) : null}
      {rubric.examples.length ? <h3>Examples</h3> : null}
      {rubric.examples.map((example) => (
        <div key={`${example.label} ${example.why}`} className={css.example}>
          <dl className={css.pairs}>
            {Object.entries(example.inputs).map(([name, value]) => (
              <Pair key={name} term={<span className="faint">{name}</span>} text={oneLine(value)} />
            ))}
          </dl>
          <p>
            <Badge tone="accent">{example.value ?? example.label}</Badge> {example.why}
          </p>
        </div>
      ))}
    </div>
  );
}

function Pair({ term, text }: { term: React.ReactNode; text: React.ReactNode }) {
  return (
    <>
      <dt>{term}</dt>
      <dd>{text}</dd>
    </>
  );
}
