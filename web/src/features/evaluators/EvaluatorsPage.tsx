import { Button } from "@mantine/core";
import { Link, useNavigate } from "@tanstack/react-router";
import type { EvaluatorSummary } from "../../api/types";
import { Badge } from "../../ui/Badge";
import { Snippet } from "../../ui/Copy";
import { EstimateView } from "../../ui/EstimateView";
import { FourCounts } from "../../ui/FourCounts";
import { Failure, Loading, Notice } from "../../ui/Notice";
import { PageFrame, PageHeader, Scroll } from "../../ui/Page";
import ui from "../../ui/ui.module.css";
import { useProject } from "../shell/project";
import { useEvaluators } from "./queries";

/** What judges here, in which version, and how much of what it was asked it could judge. */
export function EvaluatorsPage() {
  const project = useProject();
  const navigate = useNavigate();
  const evaluators = useEvaluators(project);
  const items = evaluators.data?.items ?? [];
  return (
    <PageFrame
      header={
        <PageHeader
          title="Evaluators"
          extra={<span className="faint">{project}</span>}
          actions={<Button onClick={() => navigate({ to: "/evaluators/new" })}>New rubric</Button>}
        />
      }
    >
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
          <EvaluatorRow key={summary.spec.name} of={summary} />
        ))}
      </tbody>
    </table>
  );
}

function EvaluatorRow({ of }: { of: EvaluatorSummary }) {
  const { spec } = of;
  const several = of.scores.length > 1 ? of.scores : null;
  return (
    <tr>
      <td>
        <Link to="/evaluators/$name" params={{ name: spec.name }} className={ui.rowButton}>
          {spec.name}
        </Link>
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
