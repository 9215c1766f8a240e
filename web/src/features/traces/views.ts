/** Views that somebody keeps: the table's part of the address under a name, per project, in this browser. */

export interface View {
  name: string;
  search: Record<string, string>;
}

const KEPT = ["filter", "range", "start", "end", "sort", "columns", "facets"];
const MOST = 50;

export const viewsKey = (project: string) => `evalwright-views-${project}`;

/** The part of the address that makes a view, without what is empty. */
export function viewOf(search: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(KEPT.flatMap((key) => (search[key] ? [[key, search[key]]] : [])));
}

/** Every key of a view, so that choosing one also clears what it does not name. */
export function searchOf(view: View): Record<string, string | undefined> {
  return Object.fromEntries(KEPT.map((key) => [key, view.search[key]]));
}

/** The views with this one, in place of an older one of its name; in order of their names. */
export function withView(views: readonly View[], added: View): View[] {
  const name = added.name.trim();
  if (!name) return [...views];
  const others = views.filter((view) => view.name !== name);
  return [...others, { ...added, name }].sort((a, b) => a.name.localeCompare(b.name)).slice(0, MOST);
}

export function withoutView(views: readonly View[], name: string): View[] {
  return views.filter((view) => view.name !== name);
}

/** Views as they were stored; whatever else stands there counts as none. */
export function readViews(text: string | undefined): View[] {
  try {
    const value: unknown = JSON.parse(text ?? "[]");
    return Array.isArray(value) ? value.filter(isView) : [];
  } catch {
    return [];
  }
}

function isView(value: unknown): value is View {
  const view = value as View | null;
  return (
    typeof view?.name === "string" &&
    typeof view.search === "object" &&
    view.search !== null &&
    Object.values(view.search).every((each) => typeof each === "string")
  );
}

export function sameView(view: View, search: Record<string, string | undefined>): boolean {
  return JSON.stringify(viewOf(view.search)) === JSON.stringify(viewOf(search));
}
