import { describe, expect, it } from "vitest";
import { gist, previewText } from "./preview";

describe("previewText", () => {
  it("gives the last thing said in chat messages, also when cut short", () => {
    const messages = '[{"role": "user", "content": "first"}, {"role": "user", "content": "sec\\"ond and th';
    expect(previewText(messages)).toBe('sec"ond and th');
  });
  it("gives the text of content blocks", () => {
    expect(previewText('{"content":[{"type":"text","text":"Cloudy, 59F"}]}')).toBe("Cloudy, 59F");
  });
  it("leaves anything else alone", () => {
    expect(previewText('{"city": "Berlin"}')).toBe('{"city": "Berlin"}');
    expect(previewText("plain")).toBe("plain");
  });
});

describe("gist", () => {
  it("finds the one text a person would read", () => {
    expect(gist('{"customer_id": "C1", "message": "Where is it?"}')).toBe("Where is it?");
    expect(gist('{"answer": "It is cut he')).toBe("It is cut he");
    expect(gist('{"answer": "Done.", "actions": [{"query": "refund days"}]}')).toBe("Done.");
  });
  it("keeps an object that has none", () => {
    expect(gist('{"rows": [1, 2]}')).toBe('{"rows": [1, 2]}');
  });
});
