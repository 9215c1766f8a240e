import { Button } from "@mantine/core";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { ApiError } from "../../api/client";
import type { CalibrationSummary, JudgeTrust } from "../../api/types";
import { Badge } from "../../ui/Badge";
import { EstimateView } from "../../ui/EstimateView";
import { FourCounts } from "../../ui/FourCounts";
import { ago, plural } from "../../ui/format";
import { Failure, Loading } from "../../ui/Notice";
import { PageFrame, PageHeader, Scroll } from "../../ui/Page";
import ui from "../../ui/ui.module.css";
import { useProject } from "../shell/project";
import { Advice } from "./Advice";
import { CanaryRuns } from "./CanaryRuns";
import { Corrected } from "./Corrected";
import { Definition } from "./Definition";
import { Distribution } from "./Distribution";
import css from "./Evaluators.module.css";
import { PlaceLink } from "./PlaceLink";
import { Probes } from "./Probes";
import { PublicLabels } from "./PublicLabels";
import { useCard, useCards, useEvaluator, useRecentScores } from "./queries";
import { Ready } from "./ReadyPage";
import { RecentScores } from "./RecentScores";
import { Rivals } from "./Rivals";
import { isRubric } from "./rubricYaml";
import { Trust } from "./Trust";
import { VerdictBadge } from "./VerdictBadge";
import { Versions } from "./Versions";

/** One evaluator: what it goes by, what it said, and how far people agree with it. */
export function EvaluatorPage() {
  const { name } = useParams({ from: "/evaluators/$name" });
  const project = useProject();
  const navigate = useNavigate();
  const evaluator = useEvaluator(project, name);
  const e = evaluator.data;
  const unlabelled = Boolean(e?.scores.some((row) => !Object.keys(row.labels).some(Boolean)));
  const recent = useRecentScores(project, name, "scored", 1000, unlabelled);
  if (evaluator.error instanceof ApiError && evaluator.error.problem.status === 404) {
    return <Ready key={name} project={project} name={name} absent={evaluator.error} />;
  }
  return (
    <PageFrame
      header={
        <PageHeader
          crumb={<Link to="/evaluators">Evaluators</Link>}
          title={name}
          extra={
            e ? (
              <>
                <Badge tone={e.spec.kind === "judge" ? "accent" : "plain"}>{e.spec.kind}</Badge>
                <Badge>{e.spec.target}</Badge>
                <Badge>{e.spec.type}</Badge>
                <Badge title={e.spec.version}>{plural(e.versions, "version")}</Badge>
                <FourCounts value={e.denominators} />
              </>
            ) : null
          }
          actions={
            e ? (
              <>
                {isRubric(e.spec.definition) ? (
                  <Button onClick={() => navigate({ to: "/evaluators/new", search: { from: name } })}>
                    Edit rubric
                  </Button>
                ) : null}
                <Button
                  variant="filled"
                  onClick={() => navigate({ to: "/evaluators/$name/calibration", params: { name } })}
                >
                  Calibration
                </Button>
              </>
            ) : null
          }
        />
      }
    >
      {evaluator.error ? <Failure error={evaluator.error} retry={() => evaluator.refetch()} /> : null}
      {evaluator.isPending ? <Loading /> : null}
      {e ? (
        <Scroll label={`Evaluator ${name}`}>
          {e.spec.description ? (
            <p className="dim" style={{ marginTop: 0 }}>
              {e.spec.description}
            </p>
          ) : null}
          <div className={css.columns}>
            <div>
              <Definition spec={e.spec} />
              <Versions key={name} project={project} name={name} history={e.history} />
            </div>
            <div>
              <AgainstPeople project={project} name={name} trust={e.trust} advice={e.known.advice} />
              <Distribution rows={e.scores} recent={recent.data?.items ?? []} />
              <RecentScores project={project} name={name} />
            </div>
          </div>
          <PublicLabels known={e.known} />
          <BesideOthers project={project} name={name} />
          <Probes key={name} project={project} name={name} isJudge={e.spec.kind !== "code"} />
          <CanaryRuns
            project={project}
            name={name}
            isJudge={e.spec.kind !== "code"}
            dataset={typeof e.spec.definition.canary === "string" ? e.spec.definition.canary : ""}
          />
        </Scroll>
      ) : null}
    </PageFrame>
  );
}

function BesideOthers({ project, name }: { project: string; name: string }) {
  const newest = useCards(project, name).data?.items[0];
  return newest ? <Rivals project={project} name={name} label={newest.label_score} /> : null;
}

interface AgainstProps {
  project: string;
  name: string;
  trust: JudgeTrust[];
  /** What to do where there is no card. */
  advice: string;
}

function AgainstPeople({ project, name, trust, advice }: AgainstProps) {
  const cards = useCards(project, name);
  const newest = cards.data?.items[0];
  if (!cards.isSuccess) return null;
  return (
    <>
      <section className={ui.section} aria-label="Against people">
        <h2>Against people</h2>
        {newest ? (
          <div className={css.body}>
            <Trust of={trust} />
            <Standing card={newest} name={name} />
            <LabelNext project={project} name={name} card={newest.id} />
          </div>
        ) : (
          <div className={css.body}>
            <p className={css.lead}>
              Nobody has checked it against people yet.{" "}
              <Link to="/evaluators/$name/calibration" params={{ name }} className="link">
                Calibrate it
              </Link>{" "}
              to learn how wrong it is{trust.length ? "; until then it decides no gate" : ""}.
            </p>
            {advice ? <Advice text={advice} title="Make a card" /> : null}
          </div>
        )}
      </section>
      {newest ? <Corrected project={project} name={name} /> : null}
    </>
  );
}

/** The first few rows a person should look at next, each a click away. */
function LabelNext({ project, name, card }: { project: string; name: string; card: string }) {
  const rows = useCard(project, name, card).data?.report.next_labels ?? [];
  if (!rows.length) return null;
  return (
    <p style={{ margin: "10px 0 0" }}>
      <span className="dim">Label next:</span>{" "}
      {rows.slice(0, 3).map((row) => (
        <span key={row.key} title={row.reason}>
          <PlaceLink place={row.target} />
          <span className="faint"> · </span>
        </span>
      ))}
      <Link to="/evaluators/$name/calibration" params={{ name }} search={{ card }} className="link">
        all {rows.length}
      </Link>
    </p>
  );
}

function Standing({ card, name }: { card: CalibrationSummary; name: string }) {
  return (
    <div>
      <dl className={css.pairs}>
        {card.agreement ? (
          <Measure label="agrees with people" value={<EstimateView value={card.agreement} n />} />
        ) : null}
        {card.kappa ? <Measure label="kappa" value={<EstimateView value={card.kappa} n />} /> : null}
        {card.spearman ? <Measure label="Spearman" value={<EstimateView value={card.spearman} n />} /> : null}
      </dl>
      <p style={{ margin: "10px 0 0" }}>
        <Link
          to="/evaluators/$name/calibration"
          params={{ name }}
          search={{ card: card.id, cell: "any" }}
          className="link"
        >
          {plural(card.disagreements, "disagreement")} of {plural(card.rows, "row")}
        </Link>{" "}
        <span className="faint">
          against {card.label_score}, {ago(card.created_time)}
        </span>{" "}
        <VerdictBadge verdict={card.verdict} />
      </p>
      {card.statements.length ? (
        <ul className={css.known} aria-label="What to know before using its numbers">
          {card.statements.map((statement) => (
            <li key={statement}>{statement}</li>
          ))}
        </ul>
      ) : null}
    </div>
  );
}

function Measure({ label, value }: { label: string; value: React.ReactNode }) {
  return (
    <>
      <dt className="dim">{label}</dt>
      <dd>{value}</dd>
    </>
  );
}
