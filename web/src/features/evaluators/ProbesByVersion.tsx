import { Badge } from "../../ui/Badge";
import { EstimateView } from "../../ui/EstimateView";
import { ago } from "../../ui/format";
import ui from "../../ui/ui.module.css";
import css from "./Evaluators.module.css";
import { byVersion, isShift, measures, type ProbeSummary, TONES } from "./probes";

const MOST = 6;

/** Every probe's effect by version, the newest report of each: whether a change of the judge cured or caused a fault. */
export function ProbesByVersion({ reports }: { reports: ProbeSummary[] }) {
  const versions = byVersion(reports).slice(-MOST);
  if (versions.length < 2) return null;
  return (
    <>
      <h3 className={css.subhead}>By version, oldest first</h3>
      <div className={css.wide} tabIndex={0} role="region" aria-label="Probes by version">
        <table className={`${ui.table} ${css.probes}`}>
          <thead>
            <tr>
              <th>Probe</th>
              {versions.map((report) => (
                <th key={report.id} title={report.evaluator_version}>
                  <code>{report.evaluator_version.slice(0, 8)}</code>{" "}
                  <span className="faint">{ago(report.created_time)}</span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {measures(versions).map((row) => (
              <tr key={`${row.probe} ${row.measure}`}>
                <th scope="row">
                  {row.probe}
                  <span className="faint">{row.measure}</span>
                </th>
                {row.lines.map((line, place) => (
                  <td key={versions[place]?.id}>
                    {line?.effect ? (
                      <>
                        <Badge tone={TONES[line.verdict]}>{line.verdict}</Badge>{" "}
                        <EstimateView value={line.effect} signed={isShift(line.effect)} />
                      </>
                    ) : (
                      <span className="faint">{line ? line.verdict : "not measured"}</span>
                    )}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
