import { Button, NumberInput, TextInput } from "@mantine/core";
import { useDebouncedValue, useLocalStorage } from "@mantine/hooks";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { ApiError, save } from "../../api/client";
import type { CheckedRubric, EvaluatorDetail } from "../../api/types";
import { Loading } from "../../ui/Notice";
import { PageFrame, PageHeader, Scroll } from "../../ui/Page";
import ui from "../../ui/ui.module.css";
import { useProject } from "../shell/project";
import { CodeArea } from "./CodeArea";
import css from "./Evaluators.module.css";
import { checkRubric, registerEvaluator, tryRubric, useEvaluator } from "./queries";
import { isRubric, rubricYaml } from "./rubricYaml";
import { STARTER } from "./starter";
import { TriedList } from "./TriedList";

/** A rubric written or changed, checked as one types, and tried on recorded things before it judges many. */
export function RubricPage() {
  const { from } = useSearch({ from: "/evaluators/new" });
  const project = useProject();
  const source = useEvaluator(project, from ?? "");
  if (from && source.isPending) return <Loading />;
  return <Editor key={from ?? ""} project={project} start={startOf(source.data)} from={source.data} />;
}

function startOf(evaluator: EvaluatorDetail | undefined): string {
  const definition = evaluator?.spec.definition;
  return definition && isRubric(definition) ? rubricYaml(definition) : STARTER;
}

interface EditorProps {
  project: string;
  start: string;
  from: EvaluatorDetail | undefined;
}

function Editor({ project, start, from }: EditorProps) {
  const [text, setText] = useState(start);
  const [remembered, setModel] = useLocalStorage({ key: "evalwright-judge-model", defaultValue: "" });
  const asked = String(from?.spec.definition.asked_model ?? "");
  const model = remembered || asked;
  const [settled] = useDebouncedValue(text, 300);
  const checked = useQuery({
    queryKey: ["check", settled, model],
    queryFn: ({ signal }) => checkRubric(settled, model, signal),
    placeholderData: (old) => old,
    retry: false,
  });
  const problem = checked.data?.problems[0];
  const name = checked.data?.spec?.name ?? "rubric";
  return (
    <PageFrame
      header={
        <PageHeader
          crumb={<Link to="/evaluators">Evaluators</Link>}
          title={from ? `Edit ${from.spec.name}` : "New rubric"}
          actions={
            <>
              <Button onClick={() => save(new Blob([text], { type: "text/yaml" }), `${name}.yaml`)}>Download</Button>
              <Register project={project} checked={settled === text ? checked.data : undefined} />
            </>
          }
        />
      }
    >
      <Scroll label="Rubric editor">
        <div className={css.columns}>
          <section className={ui.section} aria-label="Rubric">
            <CodeArea label="Rubric as YAML" value={text} onChange={setText} badLine={problem?.line} />
            <Check checked={checked.data} error={checked.error} />
          </section>
          <TryPanel project={project} text={text} model={model} onModel={setModel} ready={!problem} />
        </div>
      </Scroll>
    </PageFrame>
  );
}

function Check({ checked, error }: { checked: CheckedRubric | undefined; error: Error | null }) {
  const problem = checked?.problems[0];
  return (
    <div className={css.verdict} role="status">
      {error ? <p className="bad">{error.message}</p> : null}
      {problem ? (
        <p className="bad">
          Line {problem.line}: {problem.message} <span className="dim">{problem.hint}</span>
        </p>
      ) : null}
      {checked?.spec ? (
        <p className="ok">
          Sound: {checked.spec.name} judges a {checked.spec.target}, {checked.spec.type}
          {checked.spec.labels.length ? ` (${checked.spec.labels.join(", ")})` : ""}, version{" "}
          <code>{checked.spec.version}</code>.
        </p>
      ) : null}
    </div>
  );
}

function Register({ project, checked }: { project: string; checked: CheckedRubric | undefined }) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const spec = checked?.spec;
  const register = useMutation({
    mutationFn: async () => {
      if (!spec) return;
      await registerEvaluator(project, spec);
      await Promise.all([
        queries.invalidateQueries({ queryKey: ["evaluators"] }),
        queries.invalidateQueries({ queryKey: ["evaluator"] }),
      ]);
      await navigate({ to: "/evaluators/$name", params: { name: spec.name } });
    },
  });
  return (
    <>
      {register.error ? <span className="bad">{register.error.message}</span> : null}
      <Button variant="filled" disabled={!spec} loading={register.isPending} onClick={() => register.mutate()}>
        Save version
      </Button>
    </>
  );
}

interface TryProps {
  project: string;
  text: string;
  model: string;
  onModel: (model: string) => void;
  ready: boolean;
}

function TryPanel({ project, text, model, onModel, ready }: TryProps) {
  const [filter, setFilter] = useState("");
  const [limit, setLimit] = useState(3);
  const attempt = useMutation({
    mutationFn: () => tryRubric({ project, definition_yaml: text, model, filter, limit }),
  });
  const problem = attempt.error instanceof ApiError ? attempt.error.problem : null;
  return (
    <section className={ui.section} aria-label="Try it">
      <h2>
        Try it <span className="faint">on what was recorded; nothing is stored</span>
      </h2>
      <form
        className={css.form}
        onSubmit={(event) => {
          event.preventDefault();
          attempt.mutate();
        }}
      >
        <TextInput label="Model" value={model} onChange={(e) => onModel(e.currentTarget.value)} w={170} />
        <TextInput
          label="Filter"
          placeholder='kind == "LLM"'
          value={filter}
          onChange={(e) => setFilter(e.currentTarget.value)}
          w={190}
        />
        <NumberInput
          label="How many"
          size="xs"
          min={1}
          max={5}
          value={limit}
          onChange={(n) => setLimit(Number(n) || 1)}
          w={76}
        />
        <Button type="submit" loading={attempt.isPending} disabled={!ready}>
          Try
        </Button>
      </form>
      <div role="status">
        {attempt.isPending ? <Loading what="Asking the model, at most a minute" /> : null}
        {attempt.error ? (
          <p className="bad" style={{ margin: 0, padding: "0 14px 12px" }}>
            {attempt.error.message}. <span className="dim">{problem?.hint}</span>
          </p>
        ) : null}
        {attempt.data && !attempt.isPending ? <TriedList tried={attempt.data} /> : null}
      </div>
    </section>
  );
}
