import { Link, useParams } from "@tanstack/react-router";
import type { ReadyDetail } from "../../api/types";
import { Badge } from "../../ui/Badge";
import { Snippet } from "../../ui/Copy";
import { Failure, Loading } from "../../ui/Notice";
import { PageFrame, PageHeader, Scroll } from "../../ui/Page";
import ui from "../../ui/ui.module.css";
import { useProject } from "../shell/project";
import { Advice } from "./Advice";
import { Definition } from "./Definition";
import css from "./Evaluators.module.css";
import { PublicLabels } from "./PublicLabels";
import { useReadyEvaluator } from "./readyQueries";

interface Props {
  project: string;
  name: string;
  /** Why there is nothing of it in the project; shown where it is no ready evaluator either. */
  absent?: Error;
}

/** An evaluator that comes with Evalwright: what it asks, and what is known of its error. */
export function ReadyPage() {
  const { name } = useParams({ from: "/evaluators/ready/$name" });
  const project = useProject();
  return <Ready key={name} project={project} name={name} />;
}

export function Ready({ project, name, absent }: Props) {
  const ready = useReadyEvaluator(project, name);
  const e = ready.data;
  return (
    <PageFrame
      header={
        <PageHeader
          crumb={<Link to="/evaluators">Evaluators</Link>}
          title={name}
          extra={
            e ? (
              <>
                <Badge tone={e.kind === "judge" ? "accent" : "plain"}>{e.kind}</Badge>
                <Badge>{e.spec?.target ?? e.target}</Badge>
                <span className="faint">
                  comes with Evalwright{absent ? `; has judged nothing in ${project} yet` : ""}
                </span>
              </>
            ) : null
          }
        />
      }
    >
      {ready.isPending ? <Loading /> : null}
      {ready.error ? <Failure error={absent ?? ready.error} /> : null}
      {e ? (
        <Scroll label={`Evaluator ${name}`}>
          <p className="dim" style={{ marginTop: 0 }}>
            {e.about}
          </p>
          <div className={css.columns}>
            <div>{e.spec ? <Definition spec={e.spec} /> : <Parameters of={e} />}</div>
            <div>
              <section className={ui.section} aria-label="Run it">
                <h2>Run it</h2>
                <div className={css.body}>
                  <Snippet title="Over what is recorded" code={`${e.run} --project ${project}`} />
                </div>
              </section>
              <section className={ui.section} aria-label="Against people">
                <h2>Against people</h2>
                <div className={css.body}>
                  <Advice text={e.known.advice} title="Make a card" />
                </div>
              </section>
            </div>
          </div>
          <PublicLabels known={e.known} />
        </Scroll>
      ) : null}
    </PageFrame>
  );
}

function Parameters({ of }: { of: ReadyDetail }) {
  const first = of.parameters[0];
  return (
    <section className={ui.section} aria-label="Parameters">
      <h2>Parameters</h2>
      {first ? (
        <div className={css.body}>
          <dl className={css.pairs}>
            {of.parameters.map((each) => (
              <div key={each.name} className={css.pair}>
                <dt>
                  <code>{each.name}</code>
                </dt>
                <dd>{each.default === null ? "must be given" : <code>{each.default}</code>}</dd>
              </div>
            ))}
          </dl>
          <p className={css.after}>
            They follow the name, as in{" "}
            <code>
              {of.name}:{first.name}={first.default ?? "…"}
            </code>
            .
          </p>
        </div>
      ) : (
        <p>It takes none.</p>
      )}
    </section>
  );
}
