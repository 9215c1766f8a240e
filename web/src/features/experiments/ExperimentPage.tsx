import { Button, Select } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import type { ExperimentDetail, Trial } from "../../api/types";
import { Badge } from "../../ui/Badge";
import { type Column, DataTable } from "../../ui/DataTable";
import { EstimateView } from "../../ui/EstimateView";
import { ago, cost, count, duration, oneLine, plural } from "../../ui/format";
import { InputAndOutput } from "../../ui/InputAndOutput";
import { Failure, Loading, Notice } from "../../ui/Notice";
import { PageFrame, PageHeader } from "../../ui/Page";
import { gist } from "../../ui/preview";
import ui from "../../ui/ui.module.css";
import { useProject } from "../shell/project";
import css from "./Experiments.module.css";
import { useExperiment, useExperiments, useTrials } from "./queries";
import { scoreText, toneOf } from "./TrialScores";

/** Which item, as wide as the longest of its keys needs. */
function itemColumn(trials: Trial[]): Column<Trial> {
  const longest = trials.reduce((most, t) => Math.max(most, t.item_key.length), 0);
  return {
    label: "Item",
    width: Math.max(64, Math.min(150, longest * 8 + 34)),
    cell: (t) => (
      <code className="cut" title={t.item_key}>
        {t.item_key}
      </code>
    ),
  };
}

const BEFORE: Column<Trial>[] = [
  {
    label: "Input",
    cell: (t) => (
      <span className="cut" title={t.input_preview}>
        {t.input_preview || "–"}
      </span>
    ),
  },
  { label: "Trial", width: 48, right: true, cell: (t) => t.index + 1 },
  {
    label: "Ended",
    width: 60,
    cell: (t) => <Badge tone={t.status === "ok" ? "ok" : "bad"}>{t.status}</Badge>,
  },
  {
    label: "Output",
    cell: (t) => <span className={`cut ${t.error ? "bad" : "dim"}`}>{t.error || gist(oneLine(t.output)) || "–"}</span>,
  },
];

const AFTER: Column<Trial>[] = [
  { label: "Latency", width: 70, right: true, cell: (t) => duration(t.latency_ms) },
  { label: "Cost", width: 76, right: true, cell: (t) => cost(t.cost) },
  {
    label: "Trace",
    width: 52,
    cell: (t) =>
      t.trace_id ? (
        <Link to="/traces/$traceId" params={{ traceId: t.trace_id }} className="link">
          open
        </Link>
      ) : (
        <span className="faint">–</span>
      ),
  },
];

/** One column for each evaluator, so that a column can be read from top to bottom. */
function scoreColumns(trials: Trial[]): Column<Trial>[] {
  const names = [...new Set(trials.flatMap((t) => Object.keys(t.scores)))].sort();
  const highest = (name: string) => Math.max(...trials.map((t) => t.scores[name]?.value ?? 0));
  return names
    .map((name) => [name, highest(name)] as const)
    .map(([name, most]) => ({
      label: name,
      width: widthOf(name, trials),
      cell: (t) => {
        const score = t.scores[name];
        if (!score) return <span className="faint">–</span>;
        return (
          <Badge tone={toneOf(score, most)} title={score.explanation || undefined}>
            {scoreText(score)}
          </Badge>
        );
      },
    }));
}

/** Room for the name and for the longest of its verdicts. */
function widthOf(name: string, trials: Trial[]): number {
  const said = trials.map((t) => t.scores[name]).reduce((most, s) => Math.max(most, s ? scoreText(s).length : 0), 0);
  return Math.max(72, Math.min(150, Math.max(name.length * 5.8 + 18, said * 6.3 + 30)));
}

/** What makes its judged numbers doubtful, and which of them cost nothing because they were given before. */
function Judged({ of }: { of: ExperimentDetail }) {
  const reused = of.judging.filter((each) => each.reused > 0);
  if (!of.warnings.length && !reused.length) return null;
  return (
    <div className={css.said}>
      {of.warnings.map((warning) => (
        <p key={warning} className={ui.warning}>
          <IconAlertTriangle size={16} aria-hidden /> {warning}
        </p>
      ))}
      {reused.map((each) => (
        <p key={each.evaluator} className="dim">
          {each.evaluator}: {count(each.reused)} of {plural(each.verdicts, "verdict")} were given before and cost
          nothing here{each.saved === null ? "" : `, ${cost(each.saved)} saved`}
          {each.oldest ? `; the oldest was given ${ago(each.oldest)}` : ""}.
        </p>
      ))}
    </div>
  );
}

export function ExperimentPage() {
  const { experiment: id } = useParams({ from: "/experiments/$experiment" });
  const project = useProject();
  const experiment = useExperiment(project, id);
  const { item = "" } = useSearch({ from: "/experiments/$experiment" });
  const navigate = useNavigate({ from: "/experiments/$experiment" });
  const trials = useTrials(project, id, item);
  const rows = useMemo(() => trials.data?.pages.flatMap((page) => page.items) ?? [], [trials.data]);
  const columns = useMemo(() => [itemColumn(rows), ...BEFORE, ...scoreColumns(rows), ...AFTER], [rows]);
  const e = experiment.data;
  return (
    <PageFrame
      header={
        <PageHeader
          crumb={<Link to="/experiments">Experiments</Link>}
          title={e?.name ?? id}
          extra={
            e ? (
              <>
                <Badge>{e.status}</Badge>
                <Badge>
                  {e.dataset_name} v{e.dataset_version}
                </Badge>
                <Badge>
                  {plural(e.item_count, "item")} × {plural(e.trials, "trial")}
                </Badge>
              </>
            ) : null
          }
          actions={<CompareWith project={project} id={e?.id ?? ""} />}
        />
      }
    >
      {experiment.error ? <Failure error={experiment.error} /> : null}
      {experiment.isPending ? <Loading /> : null}
      {e ? <Judged of={e} /> : null}
      {e?.metrics?.length ? (
        <dl className={css.metrics}>
          {e.metrics
            .filter((m) => m.estimate.estimate !== null)
            .map((m) => (
              <div key={m.metric} className={ui.tile}>
                <dt>{m.metric}</dt>
                <dd>
                  <EstimateView value={m.estimate} n />
                </dd>
              </div>
            ))}
        </dl>
      ) : null}
      {item ? <OneItem trial={rows[0]} onAll={() => navigate({ search: {} })} /> : null}
      {item && trials.isSuccess && !rows.length ? (
        <Notice title="No such item here" detail="This experiment has no trial of it." />
      ) : null}
      {rows.length ? (
        <DataTable
          label="Trials"
          columns={columns}
          rows={rows}
          keyOf={(t) => t.id}
          nameOf={(t) => `trial ${t.index + 1} of ${t.item_key}`}
          more={trials.hasNextPage}
          onMore={() => trials.fetchNextPage()}
        />
      ) : null}
    </PageFrame>
  );
}

/** What the one item asks whose trials are shown, and the way back to all of them. */
function OneItem({ trial, onAll }: { trial: Trial | undefined; onAll: () => void }) {
  return (
    <section className={css.oneItem} aria-label="One item">
      <p>
        Only the trials of {trial ? <code>{trial.item_key}</code> : "one item"}.{" "}
        <Button size="compact-xs" variant="subtle" onClick={onAll}>
          Show all items
        </Button>
      </p>
      {trial ? <InputAndOutput of={trial} /> : null}
    </section>
  );
}

function CompareWith({ project, id }: { project: string; id: string }) {
  const others = useExperiments(project).data?.items.filter((e) => e.id !== id) ?? [];
  const navigate = useNavigate();
  if (!id || !others.length) return null;
  return (
    <Select
      aria-label="Compare with a baseline"
      placeholder="Compare with a baseline"
      data={others.map((e) => ({ value: e.id, label: e.name }))}
      onChange={(baseline) => baseline && navigate({ to: "/experiments/compare", search: { baseline, candidate: id } })}
    />
  );
}
