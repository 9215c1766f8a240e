import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import type { CalibrationSummary } from "../../api/types";
import { Badge } from "../../ui/Badge";
import { EstimateView } from "../../ui/EstimateView";
import { ago, count } from "../../ui/format";
import { Failure, Loading } from "../../ui/Notice";
import { PageFrame, PageHeader, Scroll } from "../../ui/Page";
import ui from "../../ui/ui.module.css";
import { useProject } from "../shell/project";
import { CalibrateForm } from "./CalibrateForm";
import { CardReport } from "./CardReport";
import css from "./Evaluators.module.css";
import { useCard, useCards, useEvaluator } from "./queries";
import { VerdictBadge } from "./VerdictBadge";
import { VersionTrend } from "./VersionTrend";

/** How far people agree with an evaluator: its cards, the newest opened, and a new one a click away. */
export function CalibrationPage() {
  const { name } = useParams({ from: "/evaluators/$name/calibration" });
  const search = useSearch({ from: "/evaluators/$name/calibration" });
  const navigate = useNavigate({ from: "/evaluators/$name/calibration" });
  const project = useProject();
  const evaluator = useEvaluator(project, name);
  const cards = useCards(project, name);
  const items = cards.data?.items ?? [];
  const chosen = search.card ?? items[0]?.id ?? "";
  const card = useCard(project, name, chosen);
  const open = (id: string) => navigate({ search: { project: search.project, card: id } });
  return (
    <PageFrame
      header={
        <PageHeader
          crumb={
            <>
              <Link to="/evaluators">Evaluators</Link>
              <span aria-hidden>/</span>
              <Link to="/evaluators/$name" params={{ name }}>
                {name}
              </Link>
            </>
          }
          title="Calibration"
        />
      }
    >
      <Scroll label="Calibration">
        {evaluator.data ? (
          <CalibrateForm project={project} evaluator={evaluator.data} onMade={open} last={items[0]?.label_score} />
        ) : null}
        {evaluator.error ? <Failure error={evaluator.error} /> : null}
        {cards.error ? <Failure error={cards.error} retry={() => cards.refetch()} /> : null}
        {cards.isPending ? <Loading /> : null}
        {cards.isSuccess && !items.length ? (
          <section className={ui.section} aria-label="No calibration yet">
            <h2>No calibration yet</h2>
            <p>
              A calibration needs two things about the same traces or spans: what this evaluator said, and what people
              said. Give verdicts with P and F on a trace, or import labels, then press Calibrate.
            </p>
          </section>
        ) : null}
        {items.length ? (
          <>
            <VersionTrend cards={items} />
            <CardList cards={items} chosen={chosen} onOpen={open} />
          </>
        ) : null}
        {card.error ? <Failure error={card.error} /> : null}
        {chosen && card.isPending ? <Loading what="Opening the card" /> : null}
        {card.data ? (
          <CardReport
            key={card.data.id}
            card={card.data}
            cell={search.cell ?? ""}
            onCell={(cell) => navigate({ search: (old) => ({ ...old, cell: cell || undefined }), replace: true })}
          />
        ) : null}
      </Scroll>
    </PageFrame>
  );
}

interface ListProps {
  cards: CalibrationSummary[];
  chosen: string;
  onOpen: (id: string) => void;
}

function CardList({ cards, chosen, onOpen }: ListProps) {
  return (
    <section className={ui.section} aria-label="Cards">
      <h2>Cards</h2>
      <div className={css.wide} tabIndex={0} role="region" aria-label="Table of cards">
        <table className={ui.table}>
          <thead>
            <tr>
              <th>Made</th>
              <th>Version</th>
              <th>Against</th>
              <th className={ui.right}>Rows</th>
              <th>Agreement</th>
              <th>Kappa</th>
              <th>Bar</th>
            </tr>
          </thead>
          <tbody>
            {cards.map((card) => (
              <tr key={card.id}>
                <td>
                  <button
                    type="button"
                    className={ui.rowButton}
                    aria-pressed={card.id === chosen}
                    onClick={() => onOpen(card.id)}
                  >
                    {ago(card.created_time)}
                  </button>{" "}
                  {card.id === chosen ? <Badge tone="accent">shown</Badge> : null}
                </td>
                <td>
                  <code>{card.evaluator_version.slice(0, 12)}</code>
                </td>
                <td>
                  {card.label_score}
                  {card.dataset ? <span className="faint"> in {card.dataset}</span> : null}
                </td>
                <td className={`${ui.right} num`}>{count(card.rows)}</td>
                <td>
                  <EstimateView value={card.agreement ?? card.spearman} domain={[0, 1]} />
                  {card.agreement ? null : <span className="faint"> rank correlation</span>}
                </td>
                <td>
                  <EstimateView value={card.kappa} />
                </td>
                <td>
                  {card.verdict ? <VerdictBadge verdict={card.verdict} /> : <span className="faint">none set</span>}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
