import { Button } from "@mantine/core";
import { useState } from "react";
import type { CalibrationDetail, Disagreement, Place } from "../../api/types";
import { Badge } from "../../ui/Badge";
import { EvidenceList } from "../../ui/EvidenceList";
import { plural } from "../../ui/format";
import { InputAndOutput } from "../../ui/InputAndOutput";
import { Failure, Loading } from "../../ui/Notice";
import ui from "../../ui/ui.module.css";
import { useItemTrials } from "../experiments/queries";
import { readCell } from "./Confusion";
import css from "./Evaluators.module.css";
import { PlaceLink } from "./PlaceLink";
import { useDisagreements, useVerdict } from "./queries";

interface Props {
  card: CalibrationDetail;
  cell: string;
  onCell: (cell: string) => void;
}

/** The rows on which judge and people differ, side by side. */
export function Disagreements({ card, cell, onCell }: Props) {
  const [human, judge] = readCell(cell);
  const found = useDisagreements(card.project, card.evaluator, card.id, human, judge);
  const rows = found.data?.pages.flatMap((page) => page.items) ?? [];
  const all = card.report.disagreements;
  return (
    <section className={ui.section} aria-label="Disagreements">
      <h2>
        Disagreements{" "}
        <span className="faint">
          {human || judge
            ? `people said ${human}, the judge ${judge}`
            : `${plural(all, "row")}${card.report.scale === "interval" ? " furthest apart in rank" : ""}`}
        </span>{" "}
        {human || judge ? (
          <Button size="compact-xs" variant="subtle" onClick={() => onCell("")}>
            Show all {all}
          </Button>
        ) : null}
      </h2>
      {found.error ? <Failure error={found.error} /> : null}
      {found.isPending ? <Loading /> : null}
      {found.isSuccess && !rows.length ? <p>None here: judge and people say the same.</p> : null}
      {rows.map((row) => (
        <Apart key={row.key} card={card} row={row} />
      ))}
      {found.hasNextPage ? (
        <p>
          <Button onClick={() => found.fetchNextPage()} loading={found.isFetchingNextPage}>
            More
          </Button>
        </p>
      ) : null}
    </section>
  );
}

function Apart({ card, row }: { card: CalibrationDetail; row: Disagreement }) {
  const [open, setOpen] = useState(false);
  const votes = Object.entries(row.votes);
  return (
    <article className={css.apart} aria-label={`Disagreement on ${row.key}`}>
      <header>
        <PlaceLink place={row.target} />
        {row.holdout ? <Badge>holdout</Badge> : null}
        {Object.entries(row.attributes)
          .slice(0, 4)
          .map(([name, value]) => (
            <Badge key={name} title={name}>
              {value}
            </Badge>
          ))}
      </header>
      <div>
        <h3>People</h3>
        <Badge tone="accent">{row.human}</Badge>
        {votes.length > 1 ? <p>{votes.map(([who, said]) => `${who}: ${said}`).join(", ")}</p> : null}
        {row.target.item_id && row.target.experiment_id ? <Judged project={card.project} place={row.target} /> : null}
      </div>
      <div>
        <h3>Judge</h3>
        <Badge tone="warn">{row.judge}</Badge>
        <p>{row.explanation || <span className="faint">It gave no explanation.</span>}</p>
        <details onToggle={(event) => setOpen(event.currentTarget.open)}>
          <summary>Evidence it gave</summary>
          {open ? <EvidenceOf card={card} row={row} /> : null}
        </details>
        {row.judge_trace_id ? (
          <p>
            <PlaceLink place={{ ...row.target, trace_id: row.judge_trace_id, span_id: "" }}>
              The judge's own trace
            </PlaceLink>
          </p>
        ) : null}
      </div>
    </article>
  );
}

/** What was judged, of an item of a dataset: its input and the answer, on request. */
function Judged({ project, place }: { project: string; place: Place }) {
  const [open, setOpen] = useState(false);
  const trials = useItemTrials(project, place.experiment_id, place.item_id, open);
  const trial = trials.data?.items.find((each) => each.id === place.trial_id) ?? trials.data?.items[0];
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>What was judged</summary>
      {trials.error ? <p className="bad">{trials.error.message}</p> : null}
      {open && trials.isPending ? <Loading /> : null}
      {trial ? <InputAndOutput of={trial} /> : null}
      {trials.isSuccess && !trial ? <p className="faint">The trial was deleted.</p> : null}
    </details>
  );
}

function EvidenceOf({ card, row }: { card: CalibrationDetail; row: Disagreement }) {
  const verdict = useVerdict(card.project, card.evaluator, card.evaluator_version, card.judge_score, row.target);
  if (verdict.isPending) return <Loading />;
  if (verdict.error) return <p className="bad">{verdict.error.message}</p>;
  if (!verdict.data?.evidence.length) return <p className="faint">It quoted nothing.</p>;
  return <EvidenceList evidence={verdict.data.evidence} />;
}
