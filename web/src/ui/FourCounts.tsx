import { Tooltip } from "@mantine/core";
import type { Denominators } from "../api/types";
import { count } from "./format";
import css from "./ui.module.css";

const MEANING: [key: keyof Denominators, what: string][] = [
  ["scored", "judged"],
  ["skipped", "left out by a rule or sampling"],
  ["unseen", "an input the evaluator needs was missing"],
  ["errored", "the evaluator failed"],
];

/** The four counts that stand beside every aggregate of scores: nothing silently missing. */
export function FourCounts({ value }: { value: Denominators | null | undefined }) {
  if (!value) return <span className="faint">–</span>;
  return (
    <span className={css.denominators}>
      {MEANING.map(([key, what]) => (
        <Tooltip key={key} label={`${key}: ${what}`}>
          <span className={value[key] === 0 ? "faint" : key === "errored" ? "bad" : key === "scored" ? "" : "warn"}>
            {count(value[key])} {key}
          </span>
        </Tooltip>
      ))}
    </span>
  );
}
