import { ActionIcon, Button, Switch, Tooltip } from "@mantine/core";
import { useLocalStorage, useMediaQuery } from "@mantine/hooks";
import { IconFilter, IconRefresh } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { ApiError } from "../../api/client";
import { FirstData } from "../../ui/FirstData";
import { Failure, Loading, Notice } from "../../ui/Notice";
import { PageFrame, PageHeader } from "../../ui/Page";
import { useProject, useProjects } from "../shell/project";
import { BulkBar } from "./BulkBar";
import { Charts } from "./Charts";
import { ColumnPicker } from "./ColumnPicker";
import { Facets } from "./Facets";
import { FilterBar } from "./FilterBar";
import { useTraces } from "./queries";
import { RangePicker } from "./RangePicker";
import { timeWindow } from "./range";
import css from "./Traces.module.css";
import { TracesTable } from "./TracesTable";
import { ViewMenu } from "./ViewMenu";

/** The traces of a project: charts, facets, filter and table. All of its state is in the URL. */
export function TracesPage() {
  const search = useSearch({ from: "/traces" });
  const navigate = useNavigate({ from: "/traces" });
  const queries = useQueryClient();
  const project = useProject();
  const projects = useProjects();
  const [now, setNow] = useState(Date.now);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const window = useMemo(() => timeWindow(search, now), [search, now]);
  const live = search.live === "1";
  const narrow = useMediaQuery("(max-width: 1180px)", globalThis.innerWidth <= 1180);
  const facets = search.facets ? search.facets === "1" : !narrow;
  // A URL that names columns wins; else those one chose last.
  const [kept, keep] = useLocalStorage({
    key: "evalwright-trace-columns",
    defaultValue: "",
    getInitialValueInEffect: false,
  });
  const columns = search.columns ?? (kept || undefined);
  const filter = search.filter ?? "";
  const sort = search.sort ?? "-start_time";
  const traces = useTraces({ project, filter, sort, window, live });
  const items = useMemo(() => traces.data?.pages.flatMap((page) => page.items) ?? [], [traces.data]);
  const set = (next: Partial<typeof search>) => navigate({ search: (old) => ({ ...old, ...next }), replace: true });
  const problem = traces.error instanceof ApiError ? traces.error.problem : null;
  const filterProblem = problem?.position !== undefined ? problem : null;

  const untouched = !filter && !window.start && !window.end;
  const empty = traces.isSuccess && !items.length && untouched && !live;
  if (empty || (projects.isSuccess && !project)) return <FirstData what="traces" project={search.project} />;

  const header = (
    <PageHeader
      title="Traces"
      extra={<span className="faint">{project}</span>}
      actions={
        <>
          <Switch
            size="xs"
            label="Live"
            checked={live}
            onChange={(event) => set({ live: event.currentTarget.checked ? "1" : undefined })}
          />
          <RangePicker search={search} onChange={set} />
          <Tooltip label="Look again">
            <ActionIcon
              aria-label="Look again"
              onClick={() => {
                setNow(Date.now());
                queries.invalidateQueries();
              }}
            >
              <IconRefresh size={16} />
            </ActionIcon>
          </Tooltip>
        </>
      }
    />
  );

  return (
    <PageFrame header={header}>
      <Charts
        project={project}
        filter={filter}
        window={window}
        live={live}
        onZoom={(start, end) => set({ start, end, range: undefined })}
      />
      <div className={css.bar}>
        <Button
          className={css.facetToggle}
          leftSection={<IconFilter size={14} />}
          aria-expanded={facets}
          onClick={() => set({ facets: facets ? "0" : "1" })}
        >
          Facets
        </Button>
        <FilterBar
          value={filter}
          problem={filterProblem}
          project={project}
          onChange={(next) => set({ filter: next || undefined })}
        />
        <ViewMenu project={project} search={{ ...search, columns }} onChoose={set} />
        <ColumnPicker
          value={columns}
          onChange={(next) => {
            keep(next ?? "");
            set({ columns: next });
          }}
        />
      </div>
      <div className={css.body} data-facets={facets || undefined}>
        {facets ? (
          <Facets
            project={project}
            filter={filter}
            window={window}
            onChange={(next) => set({ filter: next || undefined })}
          />
        ) : null}
        <div className={css.tableSide}>
          {traces.error && !filterProblem ? (
            <Failure error={traces.error} retry={() => traces.refetch()} />
          ) : traces.isPending ? (
            <Loading what="Looking for traces" />
          ) : items.length === 0 ? (
            <Notice title="No trace matches" detail="Widen the time range or take a clause out of the filter.">
              {filter || window.start || window.end ? (
                <Button onClick={() => set({ filter: undefined, range: undefined, start: undefined, end: undefined })}>
                  Clear filter and range
                </Button>
              ) : null}
            </Notice>
          ) : (
            <TracesTable
              items={items}
              columns={columns}
              sort={sort}
              onSort={(next) => set({ sort: next })}
              selected={selected}
              onSelect={setSelected}
              more={traces.hasNextPage && !live}
              loadingMore={traces.isFetchingNextPage}
              onMore={() => traces.fetchNextPage()}
            />
          )}
          {selected.size ? (
            <BulkBar project={project} selected={selected} onClear={() => setSelected(new Set())} />
          ) : null}
        </div>
      </div>
    </PageFrame>
  );
}
