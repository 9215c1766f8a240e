import { Button, SegmentedControl } from "@mantine/core";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import type { CalibrationSummary, EvaluatorSummary } from "../../api/types";
import { Badge } from "../../ui/Badge";
import { Snippet } from "../../ui/Copy";
import { EstimateView } from "../../ui/EstimateView";
import { count } from "../../ui/format";
import { Failure, Loading, Notice } from "../../ui/Notice";
import { PageFrame, PageHeader, Scroll } from "../../ui/Page";
import ui from "../../ui/ui.module.css";
import { useProject } from "../shell/project";
import { useNewestCards } from "./calibrationQueries";
import css from "./Evaluators.module.css";
import { useEvaluators } from "./queries";
import { ReadyTable } from "./ReadyTable";

/** What judges here, in which version, how far people agree with it; and what is ready to use. */
export function EvaluatorsPage() {
  const project = useProject();
  const { show } = useSearch({ from: "/evaluators" });
  const navigate = useNavigate({ from: "/evaluators" });
  return (
    <PageFrame
      header={
        <PageHeader
          title="Evaluators"
          extra={
            <SegmentedControl
              aria-label="Which evaluators"
              data={[
                { value: "here", label: `in ${project || "this project"}` },
                { value: "ready", label: "ready to use" },
              ]}
              value={show === "ready" ? "ready" : "here"}
              onChange={(next) => navigate({ search: { show: next === "ready" ? next : undefined } })}
            />
          }
          actions={<Button onClick={() => navigate({ to: "/evaluators/new" })}>New rubric</Button>}
        />
      }
    >
      {show === "ready" ? (
        <Scroll label="Ready evaluators" padded={false}>
          <ReadyTable project={project} />
        </Scroll>
      ) : (
        <Here project={project} />
      )}
    </PageFrame>
  );
}

function Here({ project }: { project: string }) {
  const evaluators = useEvaluators(project);
  const items = evaluators.data?.items ?? [];
  return (
    <>
      {evaluators.error ? <Failure error={evaluators.error} retry={() => evaluators.refetch()} /> : null}
      {evaluators.isPending ? <Loading /> : null}
      {evaluators.isSuccess && !items.length ? (
        <Notice
          title="No evaluator yet"
          detail={
            <>
              Run one over what you have recorded; its scores and counts show up here. Some fifty are{" "}
              <Link to="/evaluators" search={{ show: "ready" }} className="link">
                ready to use
              </Link>
              .
            </>
          }
        >
          <Snippet
            title="Run a ready-made evaluator"
            code={`evalwright evaluators run no_tool_errors_ignored --project ${project || "my-agent"}`}
          />
        </Notice>
      ) : null}
      {items.length ? (
        <Scroll label="Evaluators" padded={false}>
          <EvaluatorTable project={project} items={items} />
        </Scroll>
      ) : null}
    </>
  );
}

const COUNTS = ["scored", "skipped", "unseen", "errored"] as const;

function EvaluatorTable({ project, items }: { project: string; items: EvaluatorSummary[] }) {
  const cards = useNewestCards(project);
  const newest = new Map<string, CalibrationSummary>();
  for (const card of cards.data?.items ?? []) if (!newest.has(card.evaluator)) newest.set(card.evaluator, card);
  return (
    <table className={ui.table}>
      <thead>
        <tr>
          <th>Evaluator</th>
          <th>Kind</th>
          <th>Version</th>
          <th>Result</th>
          <th>Against people</th>
          {COUNTS.map((each) => (
            <th key={each} className={ui.right}>
              {each.charAt(0).toUpperCase() + each.slice(1)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {items.map((summary) => (
          <EvaluatorRow
            key={summary.spec.name}
            of={summary}
            card={newest.get(summary.spec.name)}
            known={cards.isSuccess}
          />
        ))}
      </tbody>
    </table>
  );
}

interface RowProps {
  of: EvaluatorSummary;
  card: CalibrationSummary | undefined;
  /** Whether cards were read, so that a missing one is really missing. */
  known: boolean;
}

function EvaluatorRow({ of, card, known }: RowProps) {
  const { spec } = of;
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
        <div className="faint">
          {spec.type}, by {spec.target}
        </div>
      </td>
      <td>
        <code title={spec.version}>{spec.version.slice(0, 10)}</code>
        {of.versions > 1 ? <div className="faint">{of.versions} versions</div> : null}
      </td>
      <td>
        <Result of={of} />
      </td>
      <td>
        {card ? <AgainstPeople card={card} current={card.evaluator_version === spec.version} /> : null}
        {known && !card && spec.kind !== "code" && spec.kind !== "human" ? (
          <Badge tone="warn">not calibrated</Badge>
        ) : null}
      </td>
      {COUNTS.map((each) => (
        <td key={each} className={`${ui.right} num`}>
          <span className={toneOf(each, of.denominators[each])}>{count(of.denominators[each])}</span>
        </td>
      ))}
    </tr>
  );
}

function toneOf(status: (typeof COUNTS)[number], n: number): string {
  if (!n) return "faint";
  return { scored: "", skipped: "warn", unseen: "warn", errored: "bad" }[status];
}

function Result({ of }: { of: EvaluatorSummary }) {
  const domain: [number, number] | undefined = of.spec.type === "boolean" ? [0, 1] : undefined;
  return of.scores.map((score) => (
    <div key={score.name}>
      {of.scores.length > 1 ? <span className="faint">{score.name} </span> : null}
      {score.estimate.estimate === null ? (
        <Labels of={score.labels} />
      ) : (
        <EstimateView value={score.estimate} domain={domain} n />
      )}
    </div>
  ));
}

/** How often each label was given, where labels count as no number. */
function Labels({ of }: { of: Record<string, number> }) {
  const given = Object.entries(of)
    .filter(([label]) => label)
    .sort((a, b) => b[1] - a[1]);
  if (!given.length) return <span className="faint">nothing scored</span>;
  return (
    <span className="dim">
      {given.slice(0, 3).map(([label, n]) => (
        <span key={label} className={css.tally}>
          {label} <span className="faint num">{count(n)}</span>
        </span>
      ))}
      {given.length > 3 ? <span className="faint">and {given.length - 3} more</span> : null}
    </span>
  );
}

function AgainstPeople({ card, current }: { card: CalibrationSummary; current: boolean }) {
  return (
    <Link to="/evaluators/$name/calibration" params={{ name: card.evaluator }} search={{ card: card.id }}>
      <EstimateView value={card.agreement ?? card.spearman} n />
      <div className="faint">
        {card.agreement ? "agreement" : "rank correlation"}
        {current ? "" : ", of an earlier version"}
      </div>
    </Link>
  );
}
