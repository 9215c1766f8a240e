import { Button } from "@mantine/core";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import type { CalibrationSummary } from "../../api/types";
import { Badge } from "../../ui/Badge";
import { EstimateView } from "../../ui/EstimateView";
import { FourCounts } from "../../ui/FourCounts";
import { ago, plural } from "../../ui/format";
import { Failure, Loading } from "../../ui/Notice";
import { PageFrame, PageHeader, Scroll } from "../../ui/Page";
import ui from "../../ui/ui.module.css";
import { useProject } from "../shell/project";
import { Definition } from "./Definition";
import { Distribution } from "./Distribution";
import css from "./Evaluators.module.css";
import { Probes } from "./Probes";
import { useCards, useEvaluator, useRecentScores } from "./queries";
import { RecentScores } from "./RecentScores";
import { isRubric } from "./rubricYaml";
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
              <AgainstPeople project={project} name={name} />
              <Distribution rows={e.scores} recent={recent.data?.items ?? []} />
              <RecentScores project={project} name={name} />
            </div>
          </div>
          <Probes key={name} project={project} name={name} isJudge={e.spec.kind !== "code"} />
        </Scroll>
      ) : null}
    </PageFrame>
  );
}

function AgainstPeople({ project, name }: { project: string; name: string }) {
  const cards = useCards(project, name);
  const newest = cards.data?.items[0];
  if (!cards.isSuccess) return null;
  return (
    <section className={ui.section} aria-label="Against people">
      <h2>Against people</h2>
      {newest ? (
        <Standing card={newest} name={name} />
      ) : (
        <p>
          Nobody has checked it against people yet.{" "}
          <Link to="/evaluators/$name/calibration" params={{ name }} className="link">
            Calibrate it
          </Link>{" "}
          to learn how wrong it is.
        </p>
      )}
    </section>
  );
}

function Standing({ card, name }: { card: CalibrationSummary; name: string }) {
  return (
    <div className={css.body}>
      <dl className={css.pairs}>
        {card.agreement ? <Measure label="agrees with people" value={<EstimateView value={card.agreement} />} /> : null}
        {card.kappa ? <Measure label="kappa" value={<EstimateView value={card.kappa} />} /> : null}
        {card.spearman ? <Measure label="Spearman" value={<EstimateView value={card.spearman} />} /> : null}
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
