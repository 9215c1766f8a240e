/** What the server answers (docs/reference/http-api.md); field for field the dataclasses of `evalwright.domain`. */

export type Status = "UNSET" | "OK" | "ERROR";

export interface Page<T> {
  items: T[];
  next_cursor: string;
}

export interface ScoreSummary {
  name: string;
  count: number;
  mean: number | null;
  label: string;
  errored: number;
}

export interface ProjectSummary {
  name: string;
  trace_count: number;
  span_count: number;
  first_time: string;
  last_time: string;
}

export interface TraceSummary {
  project: string;
  trace_id: string;
  root_span_id: string;
  root_missing: boolean;
  name: string;
  kind: string;
  start_time: string;
  end_time: string;
  duration_ms: number;
  status: Status;
  session_id: string;
  user_id: string;
  agent_name: string;
  environment: string;
  release: string;
  tags: string[];
  models: string[];
  span_count: number;
  error_count: number;
  input_tokens: number | null;
  output_tokens: number | null;
  cost: number | null;
  unpriced_spans: number;
  input_preview: string;
  output_preview: string;
  flagged_spans: number;
  scores: ScoreSummary[];
}

export interface SpanNode {
  span_id: string;
  parent_span_id: string;
  name: string;
  kind: string;
  start_time: string;
  end_time: string;
  duration_ms: number;
  status: Status;
  model: string;
  agent_name: string;
  tool_name: string;
  input_tokens: number | null;
  output_tokens: number | null;
  cost: number | null;
  cost_source: string;
  usage_rollup: boolean;
  input_preview: string;
  output_preview: string;
  flags: string[];
  orphan: boolean;
  depth: number;
  latency_share: number;
  scores: ScoreSummary[];
}

export interface TraceTree {
  summary: TraceSummary;
  nodes: SpanNode[];
}

export interface Part {
  type: string;
  text: string;
  tool_call_id: string;
  tool_name: string;
  arguments: unknown;
  result: unknown;
  mime: string;
  uri: string;
  data: unknown;
}

export interface Message {
  role: string;
  parts: Part[];
  name: string;
  finish_reason: string;
}

export interface Document {
  id: string;
  content: string;
  score: number | null;
  metadata: Record<string, unknown>;
}

export interface SpanContent {
  input_messages: Message[];
  output_messages: Message[];
  tools: { name: string; description: string; parameters: unknown }[];
  tool_arguments: unknown;
  tool_result: unknown;
  query: string;
  documents: Document[];
  prompt_template: string;
  prompt_variables: Record<string, unknown>;
  parameters: Record<string, unknown>;
  finish_reasons: string[];
  response_id: string;
}

export interface SpanDetail {
  project: string;
  trace_id: string;
  span_id: string;
  parent_span_id: string;
  name: string;
  kind: string;
  start_time: string;
  end_time: string;
  duration_ms: number;
  status: Status;
  status_message: string;
  error_type: string;
  session_id: string;
  user_id: string;
  agent_name: string;
  model: string;
  model_requested: string;
  provider: string;
  input_tokens: number | null;
  cache_read_tokens: number | null;
  cache_write_tokens: number | null;
  output_tokens: number | null;
  reasoning_tokens: number | null;
  usage_rollup: boolean;
  cost: number | null;
  cost_source: string;
  ttft_ms: number | null;
  input: string;
  input_mime: string;
  output: string;
  output_mime: string;
  tool_name: string;
  tool_call_id: string;
  prompt_name: string;
  prompt_version: string;
  environment: string;
  release: string;
  tags: string[];
  convention: string;
  attributes: Record<string, unknown>;
  resource: Record<string, unknown>;
  scope_name: string;
  scope_version: string;
  events: { time: string; name: string; attributes: Record<string, unknown> }[];
  links: { trace_id: string; span_id: string; attributes: Record<string, unknown> }[];
  dropped_attributes: number;
  dropped_events: number;
  dropped_links: number;
  flags: string[];
  content?: SpanContent;
}

export interface FieldMatch {
  span_id: string;
  field: string;
  offset: number;
  length: number;
  excerpt: string;
}

export interface Table {
  columns: string[];
  rows: unknown[][];
  types: string[];
  truncated: boolean;
}

export interface SessionSummary {
  project: string;
  session_id: string;
  user_id: string;
  trace_count: number;
  span_count: number;
  error_count: number;
  start_time: string;
  end_time: string;
  input_tokens: number | null;
  output_tokens: number | null;
  cost: number | null;
  unpriced_spans: number;
  first_input: string;
  last_output: string;
  agent_name: string;
  scores: ScoreSummary[];
}

export interface Evidence {
  quote: string;
  span_id: string;
  field: string;
  found: boolean | null;
}

export interface Score {
  id: string;
  project: string;
  target: string;
  name: string;
  type: string;
  source: string;
  status: string;
  value: number | null;
  label: string;
  explanation: string;
  evidence: Evidence[];
  reason: string;
  trace_id: string;
  span_id: string;
  session_id: string;
  evaluator: string;
  evaluator_version: string;
  annotator: string;
  judge_trace_id: string;
  created_time: string;
}

export interface Denominators {
  scored: number;
  skipped: number;
  unseen: number;
  errored: number;
}

/** Numbers are null where the server had NaN. */
export interface Estimate {
  estimate: number | null;
  low: number | null;
  high: number | null;
  level: number;
  n: number;
  n_effective: number;
  method: string;
  unit: string;
  denominators: Denominators;
  warnings: string[];
}

export interface EvaluatorSummary {
  name: string;
  version: string;
  kind: string;
  target: string;
  type: string;
  description: string;
  labels: string[];
  inputs: string[];
  definition?: Record<string, unknown>;
  denominators?: Denominators | null;
  estimate?: Estimate | null;
}

export interface Dataset {
  id: string;
  project: string;
  name: string;
  description: string;
  version: number;
  item_count: number;
  created_time: string;
  updated_time: string;
}

export interface Item {
  id: string;
  key: string;
  input: unknown;
  expected: unknown;
  metadata: Record<string, unknown>;
  split: string;
  tags: string[];
  source_trace_id: string;
  source_span_id: string;
}

export interface Experiment {
  id: string;
  project: string;
  name: string;
  dataset_id: string;
  dataset_name: string;
  dataset_version: number;
  trials: number;
  item_count: number;
  completed: number;
  description: string;
  metadata: Record<string, unknown>;
  evaluators: Record<string, string>;
  status: string;
  created_time: string;
  finished_time: string;
  metrics?: { metric: string; estimate: Estimate; baseline?: Estimate | null }[];
}

export interface Trial {
  id: string;
  experiment_id: string;
  item_id: string;
  item_key: string;
  index: number;
  status: string;
  output: unknown;
  error: string;
  trace_id: string;
  latency_ms: number | null;
  cost: number | null;
  scores: Record<string, { value: number | null; label: string; status: string; explanation: string }>;
}

export interface MetricComparison {
  metric: string;
  direction: string;
  baseline: Estimate;
  candidate: Estimate;
  difference: Estimate;
  p_value: number | null;
  p_adjusted: number | null;
  test: string;
  improved: string[];
  regressed: string[];
  unchanged: string[];
}

export interface ComparisonRow {
  item_key: string;
  input: unknown;
  baseline: Record<string, Estimate>;
  candidate: Record<string, Estimate>;
}

export interface Comparison {
  baseline: Experiment;
  candidate: Experiment;
  metrics: MetricComparison[];
  common_items: number;
  only_baseline: number;
  only_candidate: number;
  warnings: string[];
  rows: ComparisonRow[];
  next_cursor?: string;
}

export interface StoreStatus {
  engine: string;
  spans: number;
  traces: number;
  scores: number;
  logs: number;
  metrics: number;
  disk_bytes: number;
  unpriced_models: Record<string, number>;
  flags: Record<string, number>;
  intake?: Record<string, number>;
  version?: string;
  uptime_s?: number;
}
