import { useNavigate } from "@tanstack/react-router";
import type { Dataset } from "../../api/types";
import { Snippet } from "../../ui/Copy";
import { type Column, DataTable } from "../../ui/DataTable";
import { ago, count, fullTime } from "../../ui/format";
import { Failure, Loading, Notice } from "../../ui/Notice";
import { PageFrame, PageHeader } from "../../ui/Page";
import { useProject } from "../shell/project";
import { useDatasets } from "./queries";

const COLUMNS: Column<Dataset>[] = [
  { label: "Dataset", cell: (d) => <b className="cut">{d.name}</b> },
  { label: "Description", cell: (d) => <span className="cut dim">{d.description || "–"}</span> },
  { label: "Items", width: 90, right: true, cell: (d) => count(d.item_count) },
  { label: "Version", width: 90, right: true, cell: (d) => (d.version ? `v${d.version}` : "–") },
  {
    label: "Changed",
    width: 130,
    cell: (d) => <span title={fullTime(d.updated_time)}>{ago(d.updated_time)}</span>,
  },
];

export function DatasetsPage() {
  const project = useProject();
  const datasets = useDatasets(project);
  const navigate = useNavigate();
  const items = datasets.data?.items ?? [];
  return (
    <PageFrame header={<PageHeader title="Datasets" extra={<span className="faint">{project}</span>} />}>
      {datasets.error ? (
        <Failure error={datasets.error} retry={() => datasets.refetch()} />
      ) : datasets.isSuccess && items.length ? (
        <DataTable
          label="Datasets"
          columns={COLUMNS}
          rows={items}
          keyOf={(d) => d.id}
          nameOf={(d) => `dataset ${d.name}`}
          onOpen={(d) => navigate({ to: "/datasets/$dataset", params: { dataset: d.name } })}
        />
      ) : datasets.isSuccess || !project ? (
        <Notice title="No dataset yet" detail="Select traces in the table and add them to a dataset, or bring a file.">
          <Snippet
            title="From recorded spans, or from a file"
            code={`evalwright datasets create golden\nevalwright datasets add golden --filter 'status == "ERROR"'\nevalwright datasets import golden examples.jsonl`}
          />
        </Notice>
      ) : (
        <Loading />
      )}
    </PageFrame>
  );
}
