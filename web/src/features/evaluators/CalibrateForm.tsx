import { Button, NumberInput, Select } from "@mantine/core";
import { useState } from "react";
import { ApiError } from "../../api/client";
import type { CalibrationDetail, EvaluatorDetail } from "../../api/types";
import { plural } from "../../ui/format";
import ui from "../../ui/ui.module.css";
import css from "./Evaluators.module.css";
import { useCalibrate, useHumanScores } from "./queries";

interface Props {
  project: string;
  evaluator: EvaluatorDetail;
  onMade: (card: string) => void;
  /** What it was held against last. */
  last?: string;
}

const optional = (value: string | number) => (value === "" ? null : Number(value));

/** Holds an evaluator against a score that people gave, and keeps the card. */
export function CalibrateForm({ project, evaluator, onMade, last = "" }: Props) {
  const human = useHumanScores(project);
  const given = [...new Set((human.data?.items ?? []).map((row) => row.name))];
  const written = evaluator.scores.map((row) => row.name);
  const versions = evaluator.history.map((spec) => spec.version);
  const [label, setLabel] = useState("");
  const [score, setScore] = useState("");
  const [version, setVersion] = useState("");
  const [bar, setBar] = useState<string | number>("");
  const calibrate = useCalibrate(project, evaluator.spec.name);
  const against = label || (given.includes(last) ? last : (given[0] ?? ""));
  const judged = score || (written.length > 1 ? (written[0] ?? "") : "");
  const problem = calibrate.error instanceof ApiError ? calibrate.error.problem : null;
  return (
    <section className={ui.section} aria-label="Calibrate">
      <form
        className={css.form}
        onSubmit={(event) => {
          event.preventDefault();
          calibrate.mutate(
            { label: against, judge_score: judged, version, min_agreement: optional(bar) },
            { onSuccess: (card) => onMade(card.id) },
          );
        }}
      >
        <Select
          label="Against what people said in"
          placeholder={human.isSuccess ? "no human score yet" : ""}
          data={given}
          value={against || null}
          onChange={(next) => setLabel(next ?? "")}
          disabled={!given.length}
          allowDeselect={false}
          w={200}
        />
        {written.length > 1 ? (
          <Select
            label="Score of the evaluator"
            data={written}
            value={judged}
            onChange={(next) => setScore(next ?? "")}
            allowDeselect={false}
            w={200}
          />
        ) : null}
        {versions.length > 1 ? (
          <Select
            label="Version"
            placeholder="of its newest verdict"
            data={versions}
            value={version || null}
            onChange={(next) => setVersion(next ?? "")}
            clearable
            clearButtonProps={{ "aria-label": "Any version" }}
            w={180}
          />
        ) : null}
        <NumberInput
          label="Bar on agreement"
          placeholder="none"
          size="xs"
          min={0}
          max={1}
          step={0.05}
          decimalScale={3}
          hideControls
          value={bar}
          onChange={setBar}
          w={120}
        />
        <Button type="submit" variant="filled" loading={calibrate.isPending} disabled={!against}>
          Calibrate
        </Button>
        <p role="status" style={{ margin: 0 }}>
          {calibrate.isPending ? <span className="dim">Comparing verdicts with labels…</span> : null}
          {calibrate.error ? (
            <span className="bad">
              {calibrate.error.message} {problem?.hint}
            </span>
          ) : null}
          {calibrate.data ? <Made report={calibrate.data.report} label={calibrate.data.label_score} /> : null}
        </p>
      </form>
    </section>
  );
}

function Made({ report, label }: { report: CalibrationDetail["report"]; label: string }) {
  if (!report.overall.rows) {
    return (
      <span className="warn">
        Nothing to compare: no target has both a verdict of this evaluator and one answer of people in {label}.
      </span>
    );
  }
  return (
    <span className="ok">
      Kept a card of {plural(report.overall.rows, "row")}, with {plural(report.disagreements, "disagreement")}.
    </span>
  );
}
