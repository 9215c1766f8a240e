import { Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { get } from "../../api/client";
import type { EvaluatorSpec, ScoreSummaryRow } from "../../api/types";
import { EstimateView } from "../../ui/EstimateView";
import ui from "../../ui/ui.module.css";
import { BridgePanel } from "./BridgePanel";
import { ClusteredBy } from "./ClusteredBy";
import { diffLines, foldUnchanged } from "./diff";
import css from "./Evaluators.module.css";
import { definitionText } from "./rubricYaml";

interface Props {
  project: string;
  name: string;
  history: EvaluatorSpec[];
}

/** Every version with the mean of its scores, and what changed between any two definitions. */
export function Versions({ project, name, history }: Props) {
  const means = useQuery({
    queryKey: ["scores", "by version", project, name],
    queryFn: ({ signal }) =>
      get<{ items: ScoreSummaryRow[] }>(
        "/scores/summary",
        { project, evaluator: name, group_by: "evaluator_version" },
        signal,
      ),
  });
  const [before, setBefore] = useState(history[1]?.version ?? "");
  const [after, setAfter] = useState(history[0]?.version ?? "");
  return (
    <>
      <section className={ui.section} aria-label="Versions">
        <h2>Versions</h2>
        <div className={css.wide} tabIndex={0} role="region" aria-label="Versions and their means">
          <table className={ui.table}>
            <thead>
              <tr>
                <th>Version</th>
                <th>Mean of its scores</th>
              </tr>
            </thead>
            <tbody>
              {history.map((spec, i) => (
                <tr key={spec.version}>
                  <td>
                    <code>{spec.version}</code> {i === 0 ? <span className="faint">newest</span> : null}
                  </td>
                  <td>
                    {(means.data?.items ?? [])
                      .filter((row) => row.key === spec.version)
                      .map((row) => (
                        <div key={row.name}>
                          <EstimateView value={row.estimate} n /> <ClusteredBy row={row} />
                        </div>
                      ))}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
        {history.length > 1 ? (
          <Difference history={history} before={before} after={after} setBefore={setBefore} setAfter={setAfter} />
        ) : null}
      </section>
      {history.length > 1 ? <BridgePanel project={project} name={name} before={before} after={after} /> : null}
    </>
  );
}

interface DifferenceProps {
  history: EvaluatorSpec[];
  before: string;
  after: string;
  setBefore: (version: string) => void;
  setAfter: (version: string) => void;
}

function Difference({ history, before, after, setBefore, setAfter }: DifferenceProps) {
  const names = history.map((spec) => spec.version);
  const text = (version: string) => {
    const spec = history.find((each) => each.version === version);
    return spec ? definitionText(spec) : "";
  };
  const lines = diffLines(text(before), text(after));
  const changed = lines.some((line) => line.sign !== " ");
  return (
    <>
      <div className={css.pick}>
        <span className="dim">What changed from</span>
        <Select
          aria-label="Older version"
          data={names}
          value={before}
          onChange={(v) => setBefore(v ?? "")}
          w={150}
          allowDeselect={false}
        />
        <span className="dim">to</span>
        <Select
          aria-label="Newer version"
          data={names}
          value={after}
          onChange={(v) => setAfter(v ?? "")}
          w={150}
          allowDeselect={false}
        />
      </div>
      {changed ? (
        <pre className={`${css.code} ${css.diff}`} tabIndex={0} aria-label="Changed lines" role="region">
          {foldUnchanged(lines).map((line, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: lines repeat and never move
            <span key={i} data-sign={line.sign}>
              {line.sign} {line.text}
            </span>
          ))}
        </pre>
      ) : (
        <p>Nothing in their text; they differ in what is not part of it, or both are the same.</p>
      )}
    </>
  );
}
