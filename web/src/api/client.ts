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

async function send<T>(path: string, init: RequestInit): Promise<T> {
  const headers: HeadersInit = init.body ? { "Content-Type": "application/json" } : {};
  const response = await fetch(path, { ...init, headers });
  if (!response.ok) throw new ApiError(await problemOf(response));
  return response.status === 204 ? (undefined as T) : response.json();
}

export function get<T>(path: string, params: Params = {}, signal?: AbortSignal): Promise<T> {
  return send<T>(url(path, params), { signal });
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
