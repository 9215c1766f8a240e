import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { get } from "../../api/client";
import type { StoreStatus } from "../../api/types";
import { bytes, count, duration } from "../../ui/format";
import { Failure, Loading } from "../../ui/Notice";
import { PageFrame, PageHeader, Scroll } from "../../ui/Page";
import ui from "../../ui/ui.module.css";

/** What is stored, what arrived, and everything that intake had to repair or could not price. */
export function StatusPage() {
  const status = useQuery({
    queryKey: ["status"],
    queryFn: ({ signal }) => get<StoreStatus>("/status", {}, signal),
    refetchInterval: 5000,
  });
  const s = status.data;
  return (
    <PageFrame
      header={
        <PageHeader title="Status" extra={s?.version ? <span className="faint">Evalwright {s.version}</span> : null} />
      }
    >
      {status.error ? <Failure error={status.error} retry={() => status.refetch()} /> : null}
      {status.isPending ? <Loading /> : null}
      {s ? (
        <Scroll label="Status">
          <dl className={ui.tiles}>
            <Tile label="Spans" value={count(s.spans)} />
            <Tile label="Traces" value={count(s.traces)} />
            <Tile label="Scores" value={count(s.scores)} />
            <Tile label="Logs" value={count(s.logs)} />
            <Tile label="Metric points" value={count(s.metrics)} />
            <Tile label="On disk" value={bytes(s.disk_bytes)} />
            <Tile label="Engine" value={s.engine} />
            <Tile label="Up for" value={duration((s.uptime_s ?? 0) * 1000)} />
          </dl>
          <Counts
            title="Arrived since the start"
            values={some(s.intake, (name) => !isProblem(name))}
            label={words}
            none="Nothing arrived since the start."
          />
          <Counts
            title="Refused, repaired or delayed since the start"
            values={some(s.intake, isProblem)}
            label={words}
            detail={(name) => s.flag_meanings[name.split(": ")[1] ?? ""] ?? MEANINGS[name.split(": ")[0] ?? ""] ?? ""}
            none="Everything that arrived was taken as it was."
            bad
          />
          <Counts
            title="Repairs on stored spans (all projects)"
            values={s.flags}
            label={(name) => name}
            detail={(name) => s.flag_meanings[name] ?? ""}
            link={(name) => `flags ~ ${JSON.stringify(name)}`}
            none="No value had to be repaired."
          />
          <Counts
            title="Models without a known price (spans with usage, all projects)"
            values={s.unpriced_models}
            label={(name) => name || "(no model name)"}
            link={(name) => `model == ${JSON.stringify(name)}`}
            none="Every span with usage has a price."
          />
        </Scroll>
      ) : null}
    </PageFrame>
  );
}

function Tile({ label, value }: { label: string; value: string }) {
  return (
    <div className={ui.tile}>
      <dt>{label}</dt>
      <dd>{value}</dd>
    </div>
  );
}

interface CountsProps {
  title: string;
  values: Record<string, number>;
  label: (name: string) => string;
  detail?: (name: string) => string;
  link?: (name: string) => string;
  none: string;
  /** Counts here are trouble: said in colour. */
  bad?: boolean;
}

function Counts({ title, values, label, detail, link, none, bad = false }: CountsProps) {
  const entries = Object.entries(values).sort(([, a], [, b]) => b - a);
  return (
    <section className={ui.section} aria-label={title}>
      <h2>{title}</h2>
      {entries.length ? (
        <table className={ui.table}>
          <tbody>
            {entries.map(([name, n]) => (
              <tr key={name}>
                <td>
                  {link ? (
                    <Link to="/traces" search={{ filter: link(name) }} className="link">
                      {label(name)}
                    </Link>
                  ) : (
                    label(name)
                  )}
                </td>
                {detail ? <td className="dim">{detail(name)}</td> : null}
                <td className={`${ui.right} num ${bad ? "warn" : ""}`}>{n.toLocaleString("en-US")}</td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : (
        <p>{none}</p>
      )}
    </section>
  );
}

/** What a counter of trouble means for what was sent. */
const MEANINGS: Record<string, string> = {
  rejected_spans: "spans that could not be read and are not stored",
  rejected_records: "log records and metric points that could not be read and are not stored",
  repaired_values: "values that had to be changed to be stored",
  duplicate_spans: "spans delivered more than once; stored once",
  unpriced_spans: "spans with token counts but no known price; their cost is unknown, not zero",
  spooled_batches: "requests kept on disk while the store was away",
  quarantined_batches: "requests on disk that the store refused; their files are kept",
  refused_batches: "requests answered with 'try again later'; senders repeat them",
  requests: "requests that were not taken, by protocol and status",
};

const FINE = /^(accepted_|replayed_batches|requests: .*: (2\d\d|OK|0)$)/;

function isProblem(name: string): boolean {
  return !FINE.test(name);
}

function some(intake: Nested, wanted: (name: string) => boolean): Record<string, number> {
  return Object.fromEntries(Object.entries(flat(intake)).filter(([name]) => wanted(name)));
}

function words(name: string): string {
  return name.replaceAll("_", " ");
}

type Nested = { [name: string]: number | Nested };

/** Counters by dotted name; those that never counted are left out. */
function flat(counts: Nested, prefix = ""): Record<string, number> {
  return Object.entries(counts).reduce<Record<string, number>>((all, [name, value]) => {
    const full = prefix ? `${prefix}: ${name}` : name;
    if (typeof value === "number") return value ? Object.assign(all, { [full]: value }) : all;
    return Object.assign(all, flat(value, full));
  }, {});
}
