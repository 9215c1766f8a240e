import type { CalibrationDetail } from "../../api/types";
import { Badge } from "../../ui/Badge";
import ui from "../../ui/ui.module.css";
import css from "./Evaluators.module.css";
import { PlaceLink } from "./PlaceLink";

/** The rows where a person's label would teach most. */
export function NextLabels({ rows }: { rows: CalibrationDetail["report"]["next_labels"] }) {
  if (!rows.length) return null;
  return (
    <section className={ui.section} aria-label="Next labels">
      <h2>
        Label these next{" "}
        <span className="faint">where one label narrows the corrected mean most; open one and press P or F</span>
      </h2>
      <div className={css.wide} tabIndex={0} role="region" aria-label="Table of next labels">
        <table className={ui.table}>
          <tbody>
            {rows.slice(0, 20).map((row) => (
              <tr key={row.key}>
                <td>
                  <PlaceLink place={row.target} />
                </td>
                <td>
                  <Badge>{row.judge}</Badge>
                </td>
                <td className="dim">{row.reason}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
