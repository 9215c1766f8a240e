import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import type { Item } from "../../api/types";
import { Badge } from "../../ui/Badge";
import { type Column, DataTable } from "../../ui/DataTable";
import { oneLine, plural } from "../../ui/format";
import { JsonTree } from "../../ui/JsonTree";
import { Failure, Loading, Notice } from "../../ui/Notice";
import { PageFrame, PageHeader, Scroll } from "../../ui/Page";
import { Split } from "../../ui/Split";
import { useProject } from "../shell/project";
import { useDataset, useItems } from "./queries";

const COLUMNS: Column<Item>[] = [
  { label: "Key", width: 150, cell: (i) => <code className="cut">{i.key}</code> },
  { label: "Input", grow: 3, cell: (i) => <span className="cut">{oneLine(i.input)}</span> },
  { label: "Expected", grow: 2, cell: (i) => <span className="cut dim">{oneLine(i.expected) || "–"}</span> },
  { label: "Split", width: 90, cell: (i) => i.split || <span className="faint">–</span> },
];

export function DatasetPage() {
  const { dataset: name } = useParams({ from: "/datasets/$dataset" });
  const { item: chosen } = useSearch({ from: "/datasets/$dataset" });
  const navigate = useNavigate({ from: "/datasets/$dataset" });
  const project = useProject();
  const dataset = useDataset(project, name);
  const items = useItems(project, name);
  const rows = items.data?.pages.flatMap((page) => page.items) ?? [];
  const item = rows.find((row) => row.key === chosen);
  const table = (
    <DataTable
      label="Items"
      columns={COLUMNS}
      rows={rows}
      keyOf={(i) => i.id}
      nameOf={(i) => `item ${i.key}`}
      onOpen={(i) => navigate({ search: (old) => ({ ...old, item: i.key }), replace: true })}
      more={items.hasNextPage}
      onMore={() => items.fetchNextPage()}
    />
  );
  return (
    <PageFrame
      header={
        <PageHeader
          crumb={<Link to="/datasets">Datasets</Link>}
          title={name}
          extra={
            dataset.data ? (
              <>
                <Badge>v{dataset.data.version}</Badge>
                <Badge>{plural(dataset.data.item_count, "item")}</Badge>
                <span className="faint cut">{dataset.data.description}</span>
              </>
            ) : null
          }
        />
      }
    >
      {dataset.error ? <Failure error={dataset.error} /> : null}
      {items.isPending && !dataset.error ? <Loading /> : null}
      {items.isSuccess && !rows.length ? (
        <Notice title="This dataset is empty" detail="Add items from the traces table or from a file." />
      ) : null}
      {rows.length && item ? (
        <Split
          label="Width of the items"
          storageKey="evalwright-dataset-split"
          left={table}
          right={<ItemPane item={item} />}
        />
      ) : null}
      {rows.length && !item ? table : null}
    </PageFrame>
  );
}

function ItemPane({ item }: { item: Item }) {
  return (
    <Scroll label={`Item ${item.key}`}>
      <h2 className="mono" style={{ fontSize: 14, marginTop: 0 }}>
        {item.key}
      </h2>
      {item.source_trace_id ? (
        <p>
          <Link
            to="/traces/$traceId"
            params={{ traceId: item.source_trace_id }}
            search={{ span: item.source_span_id || undefined }}
            className="link"
          >
            Open the trace it came from
          </Link>
        </p>
      ) : null}
      <h3>Input</h3>
      <JsonTree value={item.input} label="Input" />
      <h3>Expected</h3>
      <JsonTree value={item.expected} label="Expected" />
      <h3>Metadata</h3>
      <JsonTree value={{ ...item.metadata, tags: item.tags }} label="Metadata" />
    </Scroll>
  );
}
