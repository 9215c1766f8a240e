import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Fragment } from "react";
import { get } from "../../api/client";
import type { EvaluatorSummary, Page } from "../../api/types";
import { Badge } from "../../ui/Badge";
import { Snippet } from "../../ui/Copy";
import { EstimateView } from "../../ui/EstimateView";
import { FourCounts } from "../../ui/FourCounts";
import { JsonTree } from "../../ui/JsonTree";
import { Failure, Loading, Notice } from "../../ui/Notice";
import { PageFrame, PageHeader, Scroll } from "../../ui/Page";
import ui from "../../ui/ui.module.css";
import { useProject } from "../shell/project";

function useEvaluators(project: string) {
  return useQuery({
    queryKey: ["evaluators", project],
    queryFn: ({ signal }) => get<Page<EvaluatorSummary>>("/evaluators", { project, limit: 500 }, signal),
  });
}

/** What judges here, in which version, and how much of what it was asked it could judge. */
export function EvaluatorsPage() {
  const project = useProject();
  const evaluators = useEvaluators(project);
  const items = evaluators.data?.items ?? [];
  return (
    <PageFrame header={<PageHeader title="Evaluators" extra={<span className="faint">{project}</span>} />}>
      {evaluators.error ? <Failure error={evaluators.error} retry={() => evaluators.refetch()} /> : null}
      {evaluators.isPending ? <Loading /> : null}
      {evaluators.isSuccess && !items.length ? (
        <Notice
          title="No evaluator yet"
          detail="Run one over what you have recorded; its scores and counts show up here."
        >
          <Snippet
            title="Run a ready-made evaluator"
            code={`evalwright evaluators list\nevalwright evaluators run tool_errors --project ${project || "my-agent"}`}
          />
        </Notice>
      ) : null}
      {items.length ? (
        <Scroll label="Evaluators" padded={false}>
          <EvaluatorTable items={items} />
        </Scroll>
      ) : null}
    </PageFrame>
  );
}

function EvaluatorTable({ items }: { items: EvaluatorSummary[] }) {
  const { open } = useSearch({ from: "/evaluators" });
  const navigate = useNavigate({ from: "/evaluators" });
  const toggle = (name: string) =>
    navigate({ search: (old) => ({ ...old, open: old.open === name ? undefined : name }), replace: true });
  return (
    <table className={ui.table}>
      <thead>
        <tr>
          <th>Evaluator</th>
          <th>Kind</th>
          <th>Target</th>
          <th>Type</th>
          <th>Version</th>
          <th>Result</th>
          <th>Counts</th>
        </tr>
      </thead>
      <tbody>
        {items.map((summary) => (
          <Fragment key={summary.spec.name}>
            <EvaluatorRow of={summary} open={open === summary.spec.name} onToggle={() => toggle(summary.spec.name)} />
            {open === summary.spec.name ? (
              <tr>
                <td colSpan={7}>
                  <JsonTree value={summary.spec} label={`Definition of ${summary.spec.name}`} />
                </td>
              </tr>
            ) : null}
          </Fragment>
        ))}
      </tbody>
    </table>
  );
}

function EvaluatorRow({ of, open, onToggle }: { of: EvaluatorSummary; open: boolean; onToggle: () => void }) {
  const { spec } = of;
  const several = of.scores.length > 1 ? of.scores : null;
  return (
    <tr>
      <td>
        <button type="button" className={ui.rowButton} aria-expanded={open} onClick={onToggle}>
          {spec.name}
        </button>
        <div className="faint">{spec.description}</div>
      </td>
      <td>
        <Badge tone={spec.kind === "judge" ? "accent" : "plain"}>{spec.kind}</Badge>
      </td>
      <td>{spec.target}</td>
      <td>{spec.type}</td>
      <td>
        <code title={spec.version}>{spec.version.slice(0, 10)}</code>
        {of.versions > 1 ? <div className="faint">{of.versions} versions</div> : null}
      </td>
      <td>
        {several ? (
          several.map((score) => (
            <div key={score.name}>
              <span className="faint">{score.name}</span> <EstimateView value={score.estimate} />
            </div>
          ))
        ) : (
          <EstimateView value={of.estimate} domain={spec.type === "boolean" ? [0, 1] : undefined} />
        )}
      </td>
      <td>
        <FourCounts value={of.denominators} />
      </td>
    </tr>
  );
}
