import { Link } from "@tanstack/react-router";
import type { Place } from "../../api/types";

type Where = Pick<Place, "trace_id" | "span_id" | "session_id" | "experiment_id" | "item_id">;

/** To where a judged thing is found: its trace and span, its session, or its experiment. */
export function PlaceLink({ place, children }: { place: Where; children?: string }) {
  if (place.trace_id) {
    return (
      <Link
        className="link"
        to="/traces/$traceId"
        params={{ traceId: place.trace_id }}
        search={{ span: place.span_id || undefined, tab: "scores" }}
      >
        {children ?? `${place.span_id ? "span" : "trace"} ${(place.span_id || place.trace_id).slice(0, 8)}`}
      </Link>
    );
  }
  if (place.session_id) {
    return (
      <Link className="link" to="/sessions/$sessionId" params={{ sessionId: place.session_id }}>
        {children ?? `session ${place.session_id}`}
      </Link>
    );
  }
  if (place.experiment_id) {
    return (
      <Link
        className="link"
        to="/experiments/$experiment"
        params={{ experiment: place.experiment_id }}
        search={{ item: place.item_id || undefined }}
        title={place.item_id}
      >
        {children ?? (place.item_id ? `item …${place.item_id.slice(-8)}` : `experiment ${place.experiment_id}`)}
      </Link>
    );
  }
  return <span className="faint">–</span>;
}
