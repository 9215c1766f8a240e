export interface Command {
  action: "page" | "project" | "trace" | "keys";
  value: string;
  label: string;
  group: string;
}

const PAGES: [path: string, label: string][] = [
  ["/traces", "Traces"],
  ["/sessions", "Sessions"],
  ["/evaluators", "Evaluators"],
  ["/datasets", "Datasets"],
  ["/experiments", "Experiments"],
  ["/status", "Status"],
];

export function commands(projects: string[]): Command[] {
  return [
    ...PAGES.map(([value, label]) => ({ action: "page" as const, value, label, group: "Go to" })),
    ...projects.map((name) => ({ action: "project" as const, value: name, label: name, group: "Project" })),
    { action: "keys", value: "", label: "Keyboard shortcuts", group: "Help" },
  ];
}

function inOrder(label: string, typed: string): boolean {
  let at = 0;
  for (const char of typed) {
    at = label.indexOf(char, at) + 1;
    if (!at) return false;
  }
  return true;
}

/** Commands whose label holds the typed letters in order, whole matches first; 32 hex digits are a trace id. */
export function matching(all: Command[], text: string): Command[] {
  const typed = text.trim().toLowerCase();
  if (/^[0-9a-f]{32}$/.test(typed))
    return [{ action: "trace", value: typed, label: `Open trace ${typed.slice(0, 8)}…`, group: "Trace" }];
  const rank = (c: Command) => (c.label.toLowerCase().includes(typed) ? 0 : 1);
  return all
    .filter((c) => inOrder(c.label.toLowerCase(), typed))
    .sort((a, b) => rank(a) - rank(b))
    .slice(0, 50);
}
