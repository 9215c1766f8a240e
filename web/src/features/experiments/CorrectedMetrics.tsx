import { useQuery } from "@tanstack/react-query";
import { get } from "../../api/client";
import type { Comparison, Correction } from "../../api/types";
import { EstimateView } from "../../ui/EstimateView";
import { Failure } from "../../ui/Notice";
import ui from "../../ui/ui.module.css";
import css from "./Experiments.module.css";

interface Props {
  project: string;
  comparison: Comparison;
}

function useCorrections(project: string, { baseline, candidate, judges }: Comparison) {
  return useQuery({
    queryKey: ["compare", "corrected", project, baseline.id, candidate.id],
    queryFn: ({ signal }) =>
      get<Comparison>(
        "/experiments/compare",
        { project, baseline: baseline.id, candidate: candidate.id, corrected: true, limit: 0 },
        signal,
      ),
    enabled: judges.some((judge) => judge.card_id),
  });
}

/** The judged metrics as people would have seen them, below the raw ones they correct. */
export function CorrectedMetrics({ project, comparison }: Props) {
  const found = useCorrections(project, comparison);
  if (found.error) return <Failure error={found.error} retry={() => found.refetch()} />;
  if (!found.data?.corrections.length) return null;
  return (
    <section
      className={`${ui.section} ${css.wide}`}
      aria-label="Judged metrics as people would have judged"
      tabIndex={0}
    >
      <h2>
        As people would have judged <span className="faint">corrected for what calibration knows of the judge</span>
      </h2>
      <table className={ui.table}>
        <thead>
          <tr>
            <th>Metric</th>
            <th>Baseline</th>
            <th>Candidate</th>
            <th>Difference</th>
            <th>How</th>
          </tr>
        </thead>
        <tbody>
          {found.data.corrections.map((row) => (
            <tr key={row.metric}>
              <td>
                <b>{row.metric}</b>
              </td>
              <td>
                <Corrected made={row.baseline} />
              </td>
              <td>
                <Corrected made={row.candidate} />
              </td>
              <td>
                <Corrected made={row.difference} signed />
              </td>
              <td className="dim">
                <How made={row.difference.corrected ? row.difference : row.candidate} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Corrected({ made, signed = false }: { made: Correction; signed?: boolean }) {
  if (!made.corrected) return <span className="faint">not known: {made.refused}</span>;
  return (
    <>
      <EstimateView value={made.corrected} signed={signed} n />
      <div className="faint" style={{ whiteSpace: "nowrap" }}>
        raw <EstimateView value={made.raw} signed={signed} />
      </div>
    </>
  );
}

function How({ made }: { made: Correction }) {
  return (
    <>
      {made.reason}
      {made.warnings.map((warning) => (
        <div key={warning} className="warn">
          {warning}
        </div>
      ))}
    </>
  );
}
