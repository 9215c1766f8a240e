import type { Problem } from "./types";

export class ApiError extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.detail || problem.title);
    this.problem = problem;
  }
}

export type Params = Record<string, string | number | boolean | undefined | null>;

/** Trades an API key for a session cookie that scripts cannot read. */
export function login(key: string): Promise<void> {
  return post<void>("/login", { key });
}

export function url(path: string, params: Params = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    if (value !== undefined && value !== null && value !== "") query.set(name, String(value));
  }
  const text = query.toString();
  return `/api/v1${path}${text ? `?${text}` : ""}`;
}

async function problemOf(response: Response): Promise<Problem> {
  const fallback = { type: "", title: response.statusText, status: response.status, detail: "", hint: "" };
  try {
    return { ...fallback, ...(await response.json()) };
  } catch {
    return fallback;
  }
}

/** Lists the server gave a tag with, by address: asked for again, they come only if something was written since. */
const known = new Map<string, { tag: string; data: unknown }>();
const MAX_KNOWN = 8;

function remember(path: string, tag: string, data: unknown) {
  known.delete(path);
  known.set(path, { tag, data });
  for (const oldest of [...known.keys()].slice(0, known.size - MAX_KNOWN)) known.delete(oldest);
}

async function read<T>(path: string, signal?: AbortSignal): Promise<T> {
  const held = known.get(path);
  const response = await fetch(path, { signal, headers: held ? { "If-None-Match": held.tag } : {} });
  if (held && response.status === 304) return held.data as T;
  if (!response.ok) throw new ApiError(await problemOf(response));
  const data = await response.json();
  const tag = response.headers.get("ETag");
  if (tag) remember(path, tag, data);
  return data;
}

async function send<T>(path: string, init: RequestInit): Promise<T> {
  const headers: HeadersInit = init.body ? { "Content-Type": "application/json" } : {};
  const response = await fetch(path, { ...init, headers });
  if (!response.ok) throw new ApiError(await problemOf(response));
  return response.status === 204 ? (undefined as T) : response.json();
}

export function get<T>(path: string, params: Params = {}, signal?: AbortSignal): Promise<T> {
  return read<T>(url(path, params), signal);
}

export function post<T>(path: string, body: unknown, signal?: AbortSignal): Promise<T> {
  return send<T>(url(path), { method: "POST", body: JSON.stringify(body), signal });
}

/** Saves an export under `filename`. */
export async function download(path: string, params: Params, filename: string): Promise<void> {
  const response = await fetch(url(path, params));
  if (!response.ok) throw new ApiError(await problemOf(response));
  save(await response.blob(), filename);
}

export function save(blob: Blob, filename: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = filename;
  link.click();
  URL.revokeObjectURL(link.href);
}
