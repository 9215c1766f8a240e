import type { ErrorComponentProps } from "@tanstack/react-router";
import { Link } from "@tanstack/react-router";
import { Notice } from "./Notice";

export function RouteError({ error }: ErrorComponentProps) {
  return <Notice title="This page stopped working" detail={error instanceof Error ? error.message : String(error)} />;
}

export function RouteMissing() {
  return (
    <Notice title="There is no such page" detail="The address may be mistyped.">
      <Link to="/traces" className="link">
        Go to traces
      </Link>
    </Notice>
  );
}
