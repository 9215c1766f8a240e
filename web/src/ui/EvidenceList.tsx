import { Button } from "@mantine/core";
import type { Evidence } from "../api/types";
import { Badge } from "./Badge";
import css from "./Evidence.module.css";

/** What a judge quoted, and whether the quote really occurs in what it was given. */
export function EvidenceList({ evidence, onGo }: { evidence: Evidence[]; onGo?: (spanId: string) => void }) {
  return evidence.map((each) => (
    <blockquote key={`${each.span_id} ${each.quote}`} className={css.evidence}>
      “{each.quote}”{" "}
      {each.found === false ? (
        <Badge tone="bad" title="This quote does not occur in what the judge was given">
          not found
        </Badge>
      ) : null}
      {each.found ? <Badge tone="ok">found</Badge> : null}
      {each.span_id && onGo ? (
        <Button size="compact-xs" variant="subtle" onClick={() => onGo(each.span_id)}>
          go there
        </Button>
      ) : null}
    </blockquote>
  ));
}
