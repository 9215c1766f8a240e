import { SegmentedControl } from "@mantine/core";
import { useState } from "react";
import type { Agreement, CalibrationDetail, Estimate } from "../../api/types";
import { EstimateView } from "../../ui/EstimateView";
import { FourCounts } from "../../ui/FourCounts";
import { plural } from "../../ui/format";
import ui from "../../ui/ui.module.css";
import { Confusion } from "./Confusion";
import { Disagreements } from "./Disagreements";
import css from "./Evaluators.module.css";
import { NextLabels } from "./NextLabels";
import { Slices } from "./Slices";
import { VerdictBadge } from "./VerdictBadge";

const PARTS = ["overall", "development", "holdout"] as const;
type Part = (typeof PARTS)[number];

interface Props {
  card: CalibrationDetail;
  /** The chosen cell of the confusion matrix as JSON [human, judge], or "any". */
  cell: string;
  onCell: (cell: string) => void;
}

/** One calibration, from what must be known first to the rows themselves. */
export function CardReport({ card, cell, onCell }: Props) {
  const { report } = card;
  const [part, setPart] = useState<Part>("overall");
  const shown = report[part];
  const confusion = shown.confusion;
  return (
    <>
      <section className={ui.section} aria-label="What to know">
        <h2>
          {card.judge_score} against {card.label_score}{" "}
          <span className="faint">
            version {card.evaluator_version.slice(0, 12)}, {report.scale} scale
          </span>
        </h2>
        {report.bar ? (
          <p>
            <VerdictBadge verdict={report.bar.verdict} /> <EstimateView value={report.bar.measured} />{" "}
            {report.bar.explanation}
          </p>
        ) : null}
        <p>
          <FourCounts value={report.judge} />{" "}
          <span className="faint">
            of what people labelled; {report.unasked} never judged, {report.undecided} with people split
          </span>
        </p>
        {report.statements.length ? (
          <ul className={css.statements}>
            {report.statements.map((statement) => (
              <li key={statement}>{statement}</li>
            ))}
          </ul>
        ) : null}
      </section>
      <div className={css.columns}>
        <div>
          <section className={ui.section} aria-label="Agreement">
            <h2>Agreement</h2>
            <div className={css.pick}>
              <SegmentedControl
                aria-label="Rows"
                data={[...PARTS]}
                value={part}
                onChange={(next) => setPart(next as Part)}
              />
              <span className="faint">
                {plural(shown.rows, "row")} in {plural(shown.groups, "independent group")}
              </span>
            </div>
            <Measures of={shown} positive={report.positive} />
          </section>
          {report.ceiling ? <Ceiling of={report.ceiling} /> : <NoCeiling />}
        </div>
        <div>
          {confusion ? <Confusion of={confusion} cell={cell} onCell={onCell} labels={shown.labels} /> : null}
          {report.cost || report.latency_ms ? (
            <section className={ui.section} aria-label="What a verdict takes">
              <h2>What a verdict takes</h2>
              <dl className={`${css.body} ${css.pairs}`} style={{ margin: 0 }}>
                <Row label="cost" value={report.cost} />
                <Row label="time" value={report.latency_ms} />
              </dl>
            </section>
          ) : null}
        </div>
      </div>
      <Disagreements card={card} cell={cell} onCell={onCell} />
      <Slices slices={report.slices} family={report.family} />
      <NextLabels rows={report.next_labels} />
    </>
  );
}

function Measures({ of, positive }: { of: Agreement; positive: string }) {
  const rows: [string, Estimate | null, boolean][] = [
    ["agreement", of.agreement, true],
    ["Cohen's kappa", of.kappa, false],
    ["weighted kappa", of.weighted_kappa, false],
    ["macro F1", of.macro_f1, true],
    [`sensitivity to ${positive}`, of.sensitivity, true],
    [`specificity to ${positive}`, of.specificity, true],
    ["Spearman", of.spearman, false],
    ["Kendall", of.kendall, false],
  ];
  return (
    <table className={ui.table} aria-label="Measures">
      <tbody>
        {rows
          .filter(([, value]) => value)
          .map(([label, value, share]) => (
            <tr key={label}>
              <td>{label}</td>
              <td>
                <Bounded value={value} domain={share ? [0, 1] : [-1, 1]} />
              </td>
            </tr>
          ))}
        {of.difference ? (
          <tr>
            <td>judge minus people</td>
            <td>
              <EstimateView value={of.difference} signed n />
            </td>
          </tr>
        ) : null}
      </tbody>
    </table>
  );
}

/** An estimate with its n in sight, and the reason where there is no number. */
function Bounded({ value, domain }: { value: Estimate | null; domain?: [number, number] }) {
  if (!value) return null;
  return (
    <>
      <EstimateView value={value} domain={domain} /> <span className="faint num">n = {value.n}</span>
      {value.estimate === null && value.warnings.length ? (
        <div className="warn">{value.warnings.join(". ")}</div>
      ) : null}
    </>
  );
}

function Row({ label, value }: { label: string; value: Estimate | null }) {
  if (!value) return null;
  return (
    <>
      <dt className="dim">{label}</dt>
      <dd>
        <EstimateView value={value} />
      </dd>
    </>
  );
}

function Ceiling({ of }: { of: NonNullable<CalibrationDetail["report"]["ceiling"]> }) {
  const rows: [string, Estimate | null, [number, number]][] = [
    ["a person against the others", of.person, [0, 1]],
    ["the judge against the same people", of.judge, [0, 1]],
    ["alpha among people", of.alpha, [-1, 1]],
    ["alpha with the judge as one more", of.alpha_with_judge, [-1, 1]],
    ["Fleiss' kappa", of.fleiss, [-1, 1]],
  ];
  return (
    <section className={ui.section} aria-label="Human ceiling">
      <h2>
        Human ceiling{" "}
        <span className="faint">
          {plural(of.raters, "rater")}, {plural(of.rows, "row")}
        </span>
      </h2>
      <table className={ui.table}>
        <tbody>
          {rows
            .filter(([, value]) => value)
            .map(([label, value, domain]) => (
              <tr key={label}>
                <td>{label}</td>
                <td>
                  <Bounded value={value} domain={domain} />
                </td>
              </tr>
            ))}
        </tbody>
      </table>
    </section>
  );
}

function NoCeiling() {
  return (
    <section className={ui.section} aria-label="Human ceiling">
      <h2>Human ceiling</h2>
      <p>Unknown: no row was labelled by two people. Have some labelled twice to learn how well people agree.</p>
    </section>
  );
}
