import { IconAlertTriangle } from "@tabler/icons-react";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import type { Comparison } from "../../api/types";
import { Badge } from "../../ui/Badge";
import { plural } from "../../ui/format";
import { Failure, Loading, Notice } from "../../ui/Notice";
import { PageFrame, PageHeader, Scroll } from "../../ui/Page";
import ui from "../../ui/ui.module.css";
import { useProject } from "../shell/project";
import { CompareRows } from "./CompareRows";
import { CorrectedMetrics } from "./CorrectedMetrics";
import css from "./Experiments.module.css";
import { GatePanel } from "./GatePanel";
import { MetricsTable } from "./MetricsTable";
import { useComparison } from "./queries";

export type Change = "improved" | "regressed" | "unchanged";

/** Candidate against baseline: every difference with its interval, and the items behind it. */
export function ComparePage() {
  const { baseline = "", candidate = "", metric, change, item = "" } = useSearch({ from: "/experiments/compare" });
  const navigate = useNavigate({ from: "/experiments/compare" });
  const project = useProject();
  const query = useComparison(project, baseline, candidate);
  const first = query.data?.pages[0];
  const rows = query.data?.pages.flatMap((page) => page.rows) ?? [];
  const crumb = <Link to="/experiments">Experiments</Link>;
  if (!baseline || !candidate)
    return (
      <PageFrame header={<PageHeader crumb={crumb} title="Comparison" />}>
        <Notice title="Choose two experiments" detail="Tick two in the list of experiments and compare them." />
      </PageFrame>
    );
  return (
    <PageFrame
      header={
        <PageHeader
          crumb={crumb}
          title={first ? `${first.candidate.name} against ${first.baseline.name}` : "Comparison"}
          extra={first ? <Scope comparison={first} /> : null}
        />
      }
    >
      {query.error ? <Failure error={query.error} retry={() => query.refetch()} /> : null}
      {query.isPending ? <Loading what="Comparing" /> : null}
      {first ? (
        <Scroll label="Comparison">
          {first.warnings.map((warning) => (
            <p key={warning} className={ui.warning}>
              <IconAlertTriangle size={16} aria-hidden /> {warning}
            </p>
          ))}
          <MetricsTable
            metrics={first.metrics}
            chosen={metric && change ? { metric, change: change as Change } : null}
            onChoose={(next) =>
              navigate({ search: (old) => ({ ...old, metric: next?.metric, change: next?.change }), replace: true })
            }
          />
          <CorrectedMetrics project={project} comparison={first} />
          <GatePanel project={project} comparison={first} />
          <CompareRows
            project={project}
            open={item}
            onOpen={(next) => navigate({ search: (old) => ({ ...old, item: next || undefined }), replace: true })}
            comparison={first}
            rows={rows}
            chosen={metric && change ? { metric, change: change as Change } : null}
            more={query.hasNextPage}
            loading={query.isFetchingNextPage}
            onMore={() => query.fetchNextPage()}
          />
        </Scroll>
      ) : null}
    </PageFrame>
  );
}

function Scope({ comparison: c }: { comparison: Comparison }) {
  const lost = c.only_baseline + c.only_candidate;
  return (
    <span className={css.scope}>
      <Badge>{plural(c.common_items, "common item")}</Badge>
      {lost ? (
        <Badge tone="warn" title="Items that only one of the two ran; they are not part of any difference">
          {c.only_baseline} only in the baseline, {c.only_candidate} only in the candidate
        </Badge>
      ) : null}
      <Badge>
        {c.candidate.dataset_name} v{c.candidate.dataset_version}
      </Badge>
    </span>
  );
}
