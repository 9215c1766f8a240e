import type { ScoreSummaryRow } from "../../api/types";
import { count } from "../../ui/format";

const WHAT: Record<string, string> = {
  item_id: "items",
  "metadata.task_id": "tasks",
  session_id: "sessions",
  trace_id: "traces",
};

/** Over what an interval is, where scores that share something are not independent; nothing where all of them are. */
export function ClusteredBy({ row }: { row: Pick<ScoreSummaryRow, "clusters" | "cluster_by"> }) {
  if (row.cluster_by === "none") return null;
  const what = WHAT[row.cluster_by] ?? `clusters by ${row.cluster_by}`;
  return (
    <span className="faint" title={`scores that share ${row.cluster_by} are not independent of each other`}>
      in {count(row.clusters)} {what}
    </span>
  );
}
