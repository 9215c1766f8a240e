import type { PublicCard, PublicKnowledge } from "../../api/types";
import { Badge } from "../../ui/Badge";
import { EstimateView } from "../../ui/EstimateView";
import { count, oneLine, plural } from "../../ui/format";
import ui from "../../ui/ui.module.css";
import css from "./Evaluators.module.css";

interface Props {
  known: PublicKnowledge;
}

/** What labels that others published say of an evaluator: cards that come with it, and sets that fit it. */
export function PublicLabels({ known }: Props) {
  if (!known.cards.length && !known.sets.length && !known.missing) return null;
  return (
    <section className={ui.section} aria-label="On public labels">
      <h2>
        On public labels <span className="faint">not on your data: calibrate on your own as well</span>
      </h2>
      {known.cards.length ? <Cards cards={known.cards} /> : null}
      {known.sets.length || known.missing ? (
        <div className={css.body}>
          {known.sets.length ? <h3 className={css.fits}>Public sets that fit</h3> : null}
          <dl className={css.pairs}>
            {known.sets.map((set) => (
              <div key={set.set} className={css.pair}>
                <dt>
                  <b>{set.set}</b>
                </dt>
                <dd>
                  {count(set.rows)} labels{" "}
                  {Object.entries(set.found).map(([label, n]) => (
                    <span key={label} className="faint">
                      · {label} {count(n)}{" "}
                    </span>
                  ))}
                  <div className="faint">
                    {set.people} {set.about}{" "}
                    <span className={css.source}>
                      {set.source}; {set.licence}
                    </span>
                  </div>
                </dd>
              </div>
            ))}
          </dl>
          {known.missing ? <p className={css.lead}>{oneLine(known.missing)}</p> : null}
        </div>
      ) : null}
    </section>
  );
}

const MEASURES: [name: string, label: string, domain: [number, number]][] = [
  ["agreement", "Agreement", [0, 1]],
  ["kappa", "Kappa", [-1, 1]],
  ["spearman", "Rank correlation", [-1, 1]],
];

function Cards({ cards }: { cards: PublicCard[] }) {
  const shown = MEASURES.filter(([name]) => cards.some((card) => card.measures[name]));
  const notes = [...new Set(cards.filter((card) => !card.published).flatMap((card) => card.statements))];
  return (
    <>
      <div className={css.wide} tabIndex={0} role="region" aria-label="Table of public cards">
        <table className={ui.table}>
          <thead>
            <tr>
              <th>Verdicts of</th>
              <th>On</th>
              <th className={ui.right}>Rows</th>
              <th>Independent</th>
              {shown.map(([name, label]) => (
                <th key={name}>{label}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {cards.map((card) => (
              <tr key={`${card.judge} ${card.set}`}>
                <td>
                  {card.judge} {card.published ? <Badge>published</Badge> : <Badge tone="accent">this one</Badge>}
                </td>
                <td title={`${card.people} ${card.source}; ${card.licence}; measured ${card.measured}`}>{card.set}</td>
                <td className={`${ui.right} num`}>{count(card.rows)}</td>
                <td className="dim num" style={{ whiteSpace: "nowrap" }}>
                  {card.groups === card.rows ? "each by itself" : `in ${plural(card.groups, "group")}`}
                </td>
                {shown.map(([name, , domain]) => (
                  <td key={name}>
                    <EstimateView value={card.measures[name]} domain={domain} n />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {cards.some((card) => card.published) ? (
        <p>
          Verdicts marked <i>published</i> came with their set: other judges and metrics, by other rubrics, to compare
          with.
        </p>
      ) : null}
      {notes.length ? (
        <ul className={css.statements}>
          {notes.map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      ) : null}
    </>
  );
}
