import { Tooltip } from "@mantine/core";
import type { CalibrationDetail } from "../../api/types";
import { EstimateView } from "../../ui/EstimateView";
import { count, pValue } from "../../ui/format";
import ui from "../../ui/ui.module.css";
import css from "./Evaluators.module.css";

interface Props {
  slices: CalibrationDetail["report"]["slices"];
  family: string;
}

const MOST = 30;

/** Where the judge agrees less, or more, than elsewhere; p is adjusted over every slice that was looked at. */
export function Slices({ slices, family }: Props) {
  return (
    <section className={ui.section} aria-label="Slices">
      <h2>
        Where it agrees less <span className="faint">{family}</span>
      </h2>
      {slices.length ? (
        <div className={css.wide} tabIndex={0} role="region" aria-label="Table of slices">
          <table className={ui.table}>
            <thead>
              <tr>
                <th>Slice</th>
                <th className={ui.right}>Rows</th>
                <th>Agreement here</th>
                <th>Elsewhere</th>
                <th>Difference</th>
                <th className={ui.right}>p, adjusted</th>
              </tr>
            </thead>
            <tbody>
              {slices.slice(0, MOST).map((slice) => (
                <tr key={`${slice.attribute} ${slice.value}`}>
                  <td>
                    <span className="faint">{slice.attribute}</span> {slice.value}
                  </td>
                  <td className={`${ui.right} num`}>{count(slice.rows)}</td>
                  <td>
                    <EstimateView value={slice.agreement} domain={[0, 1]} />
                  </td>
                  <td>
                    <EstimateView value={slice.elsewhere} domain={[0, 1]} />
                  </td>
                  <td>
                    <EstimateView value={slice.difference} signed direction="higher" />
                  </td>
                  <td className={`${ui.right} num`}>
                    <Tooltip label={`unadjusted p ${pValue(slice.p_value)}`}>
                      <span>{pValue(slice.p_adjusted)}</span>
                    </Tooltip>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ) : (
        <p>No attribute splits these rows into parts large enough to compare.</p>
      )}
      {slices.length > MOST ? <p className="faint">and {slices.length - MOST} more</p> : null}
    </section>
  );
}
