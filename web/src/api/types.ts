/** Short names for what the server answers; the shapes come from its OpenAPI description (`npm run api`). */
import type { components } from "./schema";

type Schemas = components["schemas"];

export interface Page<T> {
  items: T[];
  next_cursor: string;
}

export type Agreement = Schemas["Agreement"];
export type CalibrationDetail = Schemas["CalibrationDetail"];
export type CalibrationSummary = Schemas["CalibrationSummary"];
export type CheckedRubric = Schemas["CheckedRubric"];
export type Comparison = Schemas["ComparisonDetail"];
export type ComparisonRow = Schemas["ComparedItem"];
export type ConfusionCounts = Schemas["ConfusionCounts"];
export type Correction = Schemas["Correction"];
export type Dataset = Schemas["Dataset"];
export type Decision = Schemas["Decision"];
export type Denominators = Schemas["Denominators"];
export type Disagreement = Schemas["Disagreement"];
export type Document = Schemas["Document"];
export type Estimate = Schemas["Estimate"];
export type EvaluatorDetail = Schemas["EvaluatorDetail"];
export type EvaluatorSpec = Schemas["EvaluatorSpec-Output"];
export type EvaluatorSummary = Schemas["EvaluatorSummary"];
export type Evidence = Schemas["Evidence"];
export type Experiment = Schemas["Experiment"];
export type ExperimentSummary = Schemas["ExperimentSummary"];
export type ExperimentDetail = Schemas["ExperimentDetail"];
export type FieldMatch = Schemas["FieldMatch"];
export type HumanCeiling = Schemas["HumanCeiling"];
export type Item = Schemas["Item"];
export type JudgeComparison = Schemas["JudgeComparison"];
export type JudgeStanding = Schemas["JudgeStanding"];
export type JudgeTrust = Schemas["JudgeTrust"];
export type Matches = Schemas["Matches"];
export type Message = Schemas["Message"];
export type MetricComparison = Schemas["MetricComparison"];
export type Part = Schemas["Part"];
export type Place = Schemas["Place"];
export type Problem = Schemas["Problem"];
export type PublicCard = Schemas["PublicCard"];
export type PublicKnowledge = Schemas["PublicKnowledge"];
export type ReadyDetail = Schemas["ReadyEvaluatorDetail"];
export type ReadySummary = Schemas["ReadyEvaluator"];
export type ProjectSummary = Schemas["ProjectSummary"];
export type Score = Schemas["Score"];
export type ScoreSummary = Schemas["ScoreSummary"];
export type ScoreSummaryRow = Schemas["ScoreSummaryRow"];
export type SessionDetail = Schemas["SessionDetail"];
export type SessionSummary = Schemas["SessionSummary"];
export type SpanContent = Schemas["SpanContent"];
export type SpanDetail = Schemas["SpanDetail"];
export type SpanRow = Schemas["Span"];
export type StoreStatus = Schemas["Status"];
export type Table = Schemas["Table"];
export type TraceOutline = Schemas["TraceOutline"];
export type TraceSummary = Schemas["TraceSummary"];

export type Trial = Schemas["TrialDetail"];
export type TriedRubric = Schemas["TriedRubric"];
