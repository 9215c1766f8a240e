import {
  IconBinaryTree,
  IconBolt,
  IconBrain,
  IconClock,
  IconDatabaseSearch,
  IconFileText,
  IconGavel,
  IconGridDots,
  IconLink,
  IconPoint,
  IconRobot,
  IconShieldCheck,
  IconSortDescending,
  IconSparkles,
  IconTool,
  IconWebhook,
} from "@tabler/icons-react";
import css from "./ui.module.css";

const KINDS: Record<string, [icon: typeof IconRobot, colour: string]> = {
  LLM: [IconSparkles, "var(--kind-llm)"],
  AGENT: [IconRobot, "var(--kind-agent)"],
  WORKFLOW: [IconBinaryTree, "var(--kind-chain)"],
  CHAIN: [IconLink, "var(--kind-chain)"],
  TOOL: [IconTool, "var(--kind-tool)"],
  RETRIEVER: [IconDatabaseSearch, "var(--kind-retriever)"],
  RERANKER: [IconSortDescending, "var(--kind-retriever)"],
  EMBEDDING: [IconGridDots, "var(--kind-retriever)"],
  GUARDRAIL: [IconShieldCheck, "var(--kind-guard)"],
  EVALUATOR: [IconGavel, "var(--kind-guard)"],
  PROMPT: [IconFileText, "var(--kind-chain)"],
  MEMORY: [IconBrain, "var(--kind-retriever)"],
  HOOK: [IconWebhook, "var(--kind-chain)"],
  WAIT: [IconClock, "var(--kind-chain)"],
  EVENT: [IconBolt, "var(--kind-chain)"],
};

export function kindColour(kind: string): string {
  return KINDS[kind]?.[1] ?? "var(--kind-chain)";
}

export function KindIcon({ kind }: { kind: string }) {
  const [Icon] = KINDS[kind] ?? [IconPoint];
  return (
    <span className={css.kind} style={{ "--kind": kindColour(kind) } as React.CSSProperties} title={kind}>
      <Icon size={12} stroke={2} aria-hidden />
      <span className="visually-hidden">{kind}</span>
    </span>
  );
}
