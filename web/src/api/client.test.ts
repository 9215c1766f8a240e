import { afterEach, expect, it, vi } from "vitest";
import { ApiError, get } from "./client";

function answers(...responses: Response[]) {
  const fetched = vi.fn(async (_path: string, _init?: RequestInit) => responses.shift() ?? Response.error());
  vi.stubGlobal("fetch", fetched);
  return fetched;
}

const tagged = (tag: string, data: unknown) => Response.json(data, { headers: { ETag: tag } });
const unchanged = () => new Response(null, { status: 304 });

afterEach(() => vi.unstubAllGlobals());

it("a list that did not change is the very same object, so that nothing is drawn again", async () => {
  const fetched = answers(tagged('W/"1"', { items: [1] }), unchanged(), tagged('W/"2"', { items: [1, 2] }));
  const first = await get("/traces", { project: "a" });
  expect(await get("/traces", { project: "a" })).toBe(first);
  expect(fetched.mock.calls[1]?.[1]?.headers).toEqual({ "If-None-Match": 'W/"1"' });
  expect(await get("/traces", { project: "a" })).toEqual({ items: [1, 2] });
});

it("another address is asked for afresh", async () => {
  const fetched = answers(tagged('W/"1"', 1), tagged('W/"1"', 2));
  await get("/traces", { project: "b" });
  expect(await get("/traces", { project: "c" })).toBe(2);
  expect(fetched.mock.calls[1]?.[1]?.headers).toEqual({});
});

it("answers without a tag are not kept", async () => {
  const fetched = answers(Response.json(1), Response.json(2));
  await get("/status");
  expect(await get("/status")).toBe(2);
  expect(fetched.mock.calls[1]?.[1]?.headers).toEqual({});
});

it("a problem is told even where an earlier answer is known", async () => {
  answers(tagged('W/"1"', 1), Response.json({ detail: "no" }, { status: 403 }));
  await get("/traces", { project: "d" });
  await expect(get("/traces", { project: "d" })).rejects.toBeInstanceOf(ApiError);
});

it("only the newest lists are kept", async () => {
  const fetched = answers(...Array.from({ length: 20 }, (_, n) => tagged('W/"1"', n)));
  for (let n = 0; n < 10; n++) await get("/traces", { cursor: n });
  await get("/traces", { cursor: 0 });
  await get("/traces", { cursor: 9 });
  expect(fetched.mock.calls[10]?.[1]?.headers).toEqual({});
  expect(fetched.mock.calls[11]?.[1]?.headers).toEqual({ "If-None-Match": 'W/"1"' });
});
