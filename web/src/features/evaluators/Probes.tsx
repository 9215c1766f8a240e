import { Select } from "@mantine/core";
import { useState } from "react";
import { Badge } from "../../ui/Badge";
import { Snippet } from "../../ui/Copy";
import { EstimateView } from "../../ui/EstimateView";
import { ago, plural, pValue } from "../../ui/format";
import { Failure, Loading } from "../../ui/Notice";
import ui from "../../ui/ui.module.css";
import { EffectBar } from "./EffectBar";
import css from "./Evaluators.module.css";
import { ProbesByVersion } from "./ProbesByVersion";
import { useProbeReport, useProbeReports } from "./probeQueries";
import { barText, type Finding, isShift, type ProbeDetail, type ProbeSummary, ranked, TONES } from "./probes";

interface Props {
  project: string;
  name: string;
  isJudge: boolean;
}

/** What moves a judge that should not, and what it misses: the newest probe report, earlier ones a choice away. */
export function Probes({ project, name, isJudge }: Props) {
  const reports = useProbeReports(project, name);
  const [chosen, setChosen] = useState("");
  const items = reports.data?.items ?? [];
  const id = chosen || (items[0]?.id ?? "");
  const report = useProbeReport(project, name, id);
  if (reports.isSuccess && !items.length && !isJudge) return null;
  return (
    <section className={ui.section} aria-label="Probes">
      <h2>Probes {report.data ? <Counts report={report.data} /> : null}</h2>
      {reports.error ? <Failure error={reports.error} retry={() => reports.refetch()} /> : null}
      {report.error ? <Failure error={report.error} retry={() => report.refetch()} /> : null}
      {reports.isPending || (id && report.isPending) ? <Loading what="Loading probe reports" /> : null}
      {reports.isSuccess && !items.length ? <NotProbed name={name} /> : null}
      {report.data ? <Report report={report.data} reports={items} onChoose={setChosen} /> : null}
      <ProbesByVersion reports={items} />
    </section>
  );
}

function Counts({ report: { report } }: { report: ProbeDetail }) {
  const counts = { pass: report.passed, fail: report.failed, undecided: report.undecided };
  return (
    <>
      {Object.entries(counts).map(([verdict, n]) =>
        n ? (
          <Badge key={verdict} tone={TONES[verdict]}>
            {n} {verdict}
          </Badge>
        ) : null,
      )}
    </>
  );
}

function NotProbed({ name }: { name: string }) {
  return (
    <div className={css.body}>
      <p className={css.lead}>
        Nobody has probed it yet. Probes change one thing in items you have, such as the length of the answer or the
        order of two answers, ask again, and tell how far the verdict went.
      </p>
      <Snippet title="Probe it" code={`evalwright evaluators probe ${name} --dataset DATASET --model MODEL`} />
    </div>
  );
}

interface ReportProps {
  report: ProbeDetail;
  reports: ProbeSummary[];
  onChoose: (id: string) => void;
}

function Report({ report, reports, onChoose }: ReportProps) {
  const r = report.report;
  const lines = ranked(r.findings);
  const label = (each: ProbeSummary) => `${each.evaluator_version.slice(0, 8)}, ${ago(each.created_time)}`;
  return (
    <>
      <div className={css.pick}>
        {reports.length > 1 ? (
          <Select
            aria-label="Probe report"
            data={reports.map((each) => ({ value: each.id, label: label(each) }))}
            value={report.id}
            onChange={(id) => onChoose(id ?? "")}
            w={220}
            allowDeselect={false}
          />
        ) : (
          <span className="dim">
            version {report.evaluator_version.slice(0, 8)}, {ago(report.created_time)}
          </span>
        )}
        <span className="faint">
          {plural(r.items, "item")} in {plural(r.clusters, "independent cluster")}
          {r.items_from ? ` from ${r.items_from}` : ""}
          {r.model ? `, asked of ${r.model}` : ""}; p adjusted (Benjamini–Hochberg) over the lines that apply
        </span>
      </div>
      {r.warnings.map((warning) => (
        <div key={warning} className={`${ui.warning} ${css.kin}`}>
          {warning}
        </div>
      ))}
      <div className={css.wide} tabIndex={0} role="region" aria-label="Table of probes">
        <table className={`${ui.table} ${css.probes}`}>
          <thead>
            <tr>
              <th>Probe</th>
              <th>Verdict</th>
              <th>Effect</th>
              <th className={ui.right}>n</th>
              <th>Accepted</th>
              <th className={ui.right}>p, adjusted</th>
              <th>Why</th>
            </tr>
          </thead>
          <tbody>
            {lines.map((line) => (
              <Line key={`${line.probe} ${line.measure}`} line={line} />
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function Line({ line }: { line: Finding }) {
  return (
    <tr>
      <th scope="row">
        {line.probe}
        <span className="faint">{line.measure}</span>
      </th>
      <td>
        <Badge tone={TONES[line.verdict]}>{line.verdict}</Badge>
      </td>
      <td>
        {line.effect ? (
          <>
            <EffectBar line={line} />
            <EstimateView value={line.effect} signed={isShift(line.effect)} />
          </>
        ) : (
          <span className="faint">–</span>
        )}
      </td>
      <td className={`${ui.right} num`}>{line.effect ? line.effect.n : ""}</td>
      <td className="dim">{line.effect ? barText(line) : ""}</td>
      <td className={`${ui.right} num`}>{line.p_adjusted === null ? "" : pValue(line.p_adjusted)}</td>
      <td className="dim">
        {line.explanation || line.reason}
        {line.effect && line.reasons.length ? <Missing reasons={line.reasons} /> : null}
      </td>
    </tr>
  );
}

/** Verdicts that are not in the effect, and why. */
function Missing({ reasons }: { reasons: Finding["reasons"] }) {
  return (
    <ul className={css.missing}>
      {reasons.map(([status, reason, n]) => (
        <li key={`${status} ${reason}`}>
          {n} {status}: {reason}
        </li>
      ))}
    </ul>
  );
}
