/** Canary runs: experiments that replay recorded outputs for one evaluator. */
import type { Experiment } from "../../api/types";

export interface CanaryRun {
  run: Experiment;
  version: string;
  provider: string;
  /** The run before it over the same items; empty for the first. */
  before: string;
}

const text = (value: unknown) => (typeof value === "string" ? value : "");

/** The canary runs of an evaluator among experiments that come newest first, each with the one it is compared with. */
export function canaryRuns(experiments: Experiment[], name: string): CanaryRun[] {
  const mine = experiments.filter((each) => each.metadata.canary === name);
  return mine.map((run, i) => ({
    run,
    version: run.evaluators[name] ?? "",
    provider: text(run.metadata.provider),
    before:
      mine
        .slice(i + 1)
        .find((each) => each.dataset_id === run.dataset_id && each.dataset_version === run.dataset_version)?.id ?? "",
  }));
}
