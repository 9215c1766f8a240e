import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
  retainSearchParams,
} from "@tanstack/react-router";
import { cache } from "../api/cache";
import { Shell } from "../features/shell/Shell";
import { load } from "../features/trace/load";
import { RouteError, RouteMissing } from "../ui/RouteState";

type Text<K extends string> = { [key in K]?: string };

/** Keeps the named text parameters of a URL and drops the rest. */
function text<K extends string>(...names: K[]) {
  return (search: Record<string, unknown>): Text<K> => {
    const kept: Text<K> = {};
    for (const name of names) if (typeof search[name] === "string" && search[name]) kept[name] = search[name];
    return kept;
  };
}

const rootRoute = createRootRoute({
  component: Shell,
  validateSearch: text("project"),
  search: { middlewares: [retainSearchParams(["project"])] },
  errorComponent: RouteError,
  notFoundComponent: RouteMissing,
});

const home = createRoute({
  getParentRoute: () => rootRoute,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/traces" });
  },
});

const traces = createRoute({
  getParentRoute: () => rootRoute,
  path: "/traces",
  validateSearch: text("filter", "range", "start", "end", "sort", "live", "columns", "facets"),
  component: lazyRouteComponent(() => import("../features/traces/TracesPage"), "TracesPage"),
});

const trace = createRoute({
  getParentRoute: () => rootRoute,
  path: "/traces/$traceId",
  validateSearch: text("span", "view", "tab", "find", "hit", "zoom"),
  // The trace is asked for while the page's code still loads; the page itself shows what goes wrong.
  loader: ({ params, location }) => {
    const { project = "" } = location.search as { project?: string };
    cache.ensureQueryData(load(project, params.traceId)).catch(() => undefined);
  },
  component: lazyRouteComponent(() => import("../features/trace/TracePage"), "TracePage"),
});

const sessions = createRoute({
  getParentRoute: () => rootRoute,
  path: "/sessions",
  validateSearch: text("filter", "range", "start", "end"),
  component: lazyRouteComponent(() => import("../features/sessions/SessionsPage"), "SessionsPage"),
});

const session = createRoute({
  getParentRoute: () => rootRoute,
  path: "/sessions/$sessionId",
  component: lazyRouteComponent(() => import("../features/sessions/SessionPage"), "SessionPage"),
});

const evaluators = createRoute({
  getParentRoute: () => rootRoute,
  path: "/evaluators",
  validateSearch: text("show"),
  component: lazyRouteComponent(() => import("../features/evaluators/EvaluatorsPage"), "EvaluatorsPage"),
});

const rubric = createRoute({
  getParentRoute: () => rootRoute,
  path: "/evaluators/new",
  validateSearch: text("from"),
  component: lazyRouteComponent(() => import("../features/evaluators/RubricPage"), "RubricPage"),
});

const evaluator = createRoute({
  getParentRoute: () => rootRoute,
  path: "/evaluators/$name",
  component: lazyRouteComponent(() => import("../features/evaluators/EvaluatorPage"), "EvaluatorPage"),
});

const ready = createRoute({
  getParentRoute: () => rootRoute,
  path: "/evaluators/ready/$name",
  component: lazyRouteComponent(() => import("../features/evaluators/ReadyPage"), "ReadyPage"),
});

const calibration = createRoute({
  getParentRoute: () => rootRoute,
  path: "/evaluators/$name/calibration",
  validateSearch: text("card", "cell"),
  component: lazyRouteComponent(() => import("../features/evaluators/CalibrationPage"), "CalibrationPage"),
});

const datasets = createRoute({
  getParentRoute: () => rootRoute,
  path: "/datasets",
  component: lazyRouteComponent(() => import("../features/datasets/DatasetsPage"), "DatasetsPage"),
});

const dataset = createRoute({
  getParentRoute: () => rootRoute,
  path: "/datasets/$dataset",
  validateSearch: text("item"),
  component: lazyRouteComponent(() => import("../features/datasets/DatasetPage"), "DatasetPage"),
});

const experiments = createRoute({
  getParentRoute: () => rootRoute,
  path: "/experiments",
  component: lazyRouteComponent(() => import("../features/experiments/ExperimentsPage"), "ExperimentsPage"),
});

const experiment = createRoute({
  getParentRoute: () => rootRoute,
  path: "/experiments/$experiment",
  validateSearch: text("item"),
  component: lazyRouteComponent(() => import("../features/experiments/ExperimentPage"), "ExperimentPage"),
});

const compare = createRoute({
  getParentRoute: () => rootRoute,
  path: "/experiments/compare",
  validateSearch: text("baseline", "candidate", "metric", "change", "item"),
  component: lazyRouteComponent(() => import("../features/experiments/ComparePage"), "ComparePage"),
});

const status = createRoute({
  getParentRoute: () => rootRoute,
  path: "/status",
  component: lazyRouteComponent(() => import("../features/status/StatusPage"), "StatusPage"),
});

/** Search parameters are plain text: ids of digits must not turn into numbers. */
function stringify(search: Record<string, unknown>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(search)) if (value) query.set(name, String(value));
  const written = query.toString();
  return written ? `?${written}` : "";
}

export const router = createRouter({
  routeTree: rootRoute.addChildren([
    home,
    traces,
    trace,
    sessions,
    session,
    evaluators,
    rubric,
    evaluator,
    calibration,
    ready,
    datasets,
    dataset,
    experiments,
    compare,
    experiment,
    status,
  ]),
  parseSearch: (search) => Object.fromEntries(new URLSearchParams(search)),
  stringifySearch: stringify,
  defaultPreload: "intent",
  scrollRestoration: false,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
