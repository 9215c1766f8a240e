import { Checkbox } from "@mantine/core";
import { count } from "../../ui/format";
import { chosen, toggle } from "./filter";
import { useAggregate } from "./queries";
import type { TimeWindow } from "./range";
import css from "./Traces.module.css";

const FACETS: [field: string, label: string][] = [
  ["status", "Status"],
  ["kind", "Kind"],
  ["model", "Model"],
  ["agent_name", "Agent"],
  ["environment", "Environment"],
];

interface Props {
  project: string;
  filter: string;
  window: TimeWindow;
  onChange: (filter: string) => void;
}

/** Values and how many spans have them; ticking one edits the filter. */
export function Facets(props: Props) {
  return (
    <aside className={css.facets} aria-label="Facets" tabIndex={0}>
      {FACETS.map(([field, label]) => (
        <Facet key={field} field={field} label={label} {...props} />
      ))}
    </aside>
  );
}

function Facet({ field, label, project, filter, window, onChange }: Props & { field: string; label: string }) {
  // Counts are over the project and range, not the filter: ticking a second value must stay possible.
  const { data } = useAggregate({ project, group_by: [field], metrics: ["count"], filter: "", ...window, limit: 12 });
  const picked = chosen(filter, field);
  const counted = (data?.rows ?? [])
    .map(([value, n]) => [String(value ?? ""), Number(n)] as const)
    .filter(([value]) => value);
  const missing = picked.filter((value) => !counted.some(([v]) => v === value)).map((value) => [value, 0] as const);
  const values = [...counted, ...missing];
  if (!values.length) return null;
  const most = Math.max(...values.map(([, n]) => n), 1);
  return (
    <fieldset className={css.facet}>
      <legend>{label}</legend>
      {values.map(([value, n]) => (
        <div key={value} className={css.facetRow}>
          <span className={css.facetBar} style={{ width: `${(n / most) * 100}%` }} aria-hidden />
          <Checkbox
            label={<span className="cut">{value}</span>}
            checked={picked.includes(value)}
            onChange={() => onChange(toggle(filter, field, value))}
            classNames={{
              root: css.checkRoot,
              body: css.checkBody,
              labelWrapper: css.checkLabel,
              label: css.checkText,
            }}
          />
          <span className="faint num" title={`${n.toLocaleString("en-US")} spans`}>
            {count(n)}
          </span>
        </div>
      ))}
    </fieldset>
  );
}
