import { Button, Checkbox, NumberInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import type { Comparison } from "../../api/types";
import { Badge, type Tone } from "../../ui/Badge";
import { EstimateView } from "../../ui/EstimateView";
import ui from "../../ui/ui.module.css";
import css from "./Experiments.module.css";
import { checkGate } from "./queries";

const TONE: Record<string, Tone> = { pass: "ok", fail: "bad", inconclusive: "warn" };

/** Would the candidate pass? Non-inferiority with the tolerated worsening one types in. */
export function GatePanel({ project, comparison }: { project: string; comparison: Comparison }) {
  const [margin, setMargin] = useState(0.03);
  const [allowed, setAllowed] = useState(false);
  const gate = useMutation({ mutationFn: () => checkGate(project, comparison, margin, allowed) });
  const doubted = comparison.judges.some((judge) => !judge.may_decide);
  return (
    <section className={ui.section} aria-label="Gate">
      <form
        className={css.gate}
        onSubmit={(event) => {
          event.preventDefault();
          gate.mutate();
        }}
      >
        <b>Gate</b>
        <span className="dim">Tolerated worsening in every metric</span>
        <NumberInput
          aria-label="Tolerated worsening"
          size="xs"
          w={90}
          min={0}
          step={0.01}
          decimalScale={4}
          hideControls
          value={margin}
          onChange={(value) => setMargin(Number(value) || 0)}
        />
        {doubted ? (
          <Checkbox
            size="xs"
            label="let judges decide that no calibration speaks for"
            checked={allowed}
            onChange={(event) => setAllowed(event.currentTarget.checked)}
          />
        ) : null}
        <Button type="submit" loading={gate.isPending}>
          Check
        </Button>
        {gate.data ? <Badge tone={TONE[gate.data.verdict]}>{gate.data.verdict.toUpperCase()}</Badge> : null}
        {gate.data ? <span className="dim">{gate.data.summary}</span> : null}
        {gate.error ? <span className="bad">{gate.error.message}</span> : null}
      </form>
      {gate.data ? (
        <table className={ui.table}>
          <tbody>
            {gate.data.results.map((result) => (
              <tr key={result.criterion.metric}>
                <td>
                  <Badge tone={TONE[result.verdict]}>{result.blocked ? "blocked" : result.verdict}</Badge>
                </td>
                <td>
                  <b>{result.criterion.metric}</b>
                </td>
                <td>
                  <EstimateView value={result.evidence} signed />
                </td>
                <td className="dim">{result.explanation}</td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : null}
    </section>
  );
}
