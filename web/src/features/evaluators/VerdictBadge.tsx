import { Badge, type Tone } from "../../ui/Badge";

const TONE: Record<string, Tone> = { pass: "ok", fail: "bad", inconclusive: "warn" };

/** Whether a judge holds its bar; nothing where no bar was set. */
export function VerdictBadge({ verdict }: { verdict: string | null | undefined }) {
  if (!verdict) return null;
  return (
    <Badge tone={TONE[verdict]} title="The lower bound on the holdout against the bar that was set">
      {verdict.toUpperCase()}
    </Badge>
  );
}
