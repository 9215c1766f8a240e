import { Button, Checkbox } from "@mantine/core";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { ExperimentSummary } from "../../api/types";
import { Badge } from "../../ui/Badge";
import { Snippet } from "../../ui/Copy";
import { ago, count, fullTime } from "../../ui/format";
import { Failure, Loading, Notice } from "../../ui/Notice";
import { PageFrame, PageHeader, Scroll } from "../../ui/Page";
import ui from "../../ui/ui.module.css";
import { useProject } from "../shell/project";
import css from "./Experiments.module.css";
import { Means } from "./Means";
import { useExperiments } from "./queries";

const EXAMPLE = `import evalwright as ew

result = ew.experiment(task, dataset="golden", evaluators=[cites_source], trials=5)
result.compare("baseline").require("cites_source", drop=0.03)`;

export function ExperimentsPage() {
  const project = useProject();
  const experiments = useExperiments(project);
  const navigate = useNavigate();
  const [picked, setPicked] = useState<string[]>([]);
  const items = experiments.data?.items ?? [];
  const [first, second] = items
    .filter((e) => picked.includes(e.id))
    .sort((a, b) => ((a.created_time ?? "") < (b.created_time ?? "") ? -1 : 1));
  const compare = () =>
    first && second && navigate({ to: "/experiments/compare", search: { baseline: first.id, candidate: second.id } });
  return (
    <PageFrame
      header={
        <PageHeader
          title="Experiments"
          extra={<span className="faint">{project}</span>}
          actions={
            items.length ? (
              <>
                <span className="faint">
                  {picked.length === 2 ? "The older one is the baseline" : "Tick two to compare"}
                </span>
                <Button variant="filled" disabled={picked.length !== 2} onClick={compare}>
                  Compare
                </Button>
              </>
            ) : null
          }
        />
      }
    >
      {experiments.error ? <Failure error={experiments.error} retry={() => experiments.refetch()} /> : null}
      {experiments.isPending && project ? <Loading /> : null}
      {(experiments.isSuccess || !project) && !items.length ? (
        <Notice
          title="No experiment yet"
          detail="An experiment runs one task over a dataset, each item several times, and scores every trial."
        >
          <Snippet title="Python" code={EXAMPLE} />
        </Notice>
      ) : null}
      {items.length ? (
        <Scroll label="Experiments" padded={false}>
          <ExperimentTable
            items={items}
            picked={picked}
            onPick={(id) => setPicked(picked.includes(id) ? picked.filter((p) => p !== id) : [...picked.slice(-1), id])}
          />
        </Scroll>
      ) : null}
    </PageFrame>
  );
}

function ExperimentTable({
  items,
  picked,
  onPick,
}: {
  items: ExperimentSummary[];
  picked: string[];
  onPick: (id: string) => void;
}) {
  return (
    <table className={ui.table}>
      <thead>
        <tr>
          <th>
            <span className="visually-hidden">Compare</span>
          </th>
          <th>Experiment</th>
          <th>Dataset</th>
          <th className={ui.right}>Items</th>
          <th className={ui.right}>Trials</th>
          <th>Progress</th>
          <th>Scores</th>
          <th className={ui.right}>Failed</th>
          <th>Started</th>
        </tr>
      </thead>
      <tbody>
        {items.map((e) => (
          <tr key={e.id}>
            <td>
              <Checkbox
                aria-label={`Compare ${e.name}`}
                checked={picked.includes(e.id)}
                onChange={() => onPick(e.id)}
              />
            </td>
            <td>
              <Link to="/experiments/$experiment" params={{ experiment: e.id }} className="link">
                <b>{e.name}</b>
              </Link>
              <div className={`faint ${css.description}`}>{e.description}</div>
            </td>
            <td>
              <Link to="/datasets/$dataset" params={{ dataset: e.dataset_name }}>
                {e.dataset_name}
              </Link>{" "}
              <span className="faint">v{e.dataset_version}</span>
            </td>
            <td className={`${ui.right} num`}>{count(e.item_count)}</td>
            <td className={`${ui.right} num`}>{count(e.trials)}</td>
            <td>
              <Badge tone={e.status === "finished" || e.status === "done" ? "ok" : "plain"}>{e.status}</Badge>{" "}
              <span className="faint num">
                {count(e.completed)} of {count(e.item_count * e.trials)}
              </span>
            </td>
            <td>
              <Means of={e} />
            </td>
            <td
              className={`${ui.right} num ${e.failed ? "bad" : "faint"}`}
              title="trials that ended in an error or a timeout"
            >
              {count(e.failed)}
            </td>
            <td title={fullTime(e.created_time)}>{ago(e.created_time)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
