const SAID = /"(?:content|text)"\s*:\s*"((?:[^"\\]|\\.)*)(?:"|$)/g;

function unescaped(text: string): string {
  try {
    return JSON.parse(`"${text}"`);
  } catch {
    // A preview may be cut in the middle of an escape.
    return text.replace(/\\[^"\\]*$/, "");
  }
}

/** The words of a preview: chat messages and content blocks as JSON, even when cut short, give the last thing said. */
export function previewText(preview: string): string {
  if (!/^\s*[[{]/.test(preview) || !/"role"|"type"\s*:\s*"text"/.test(preview)) return preview;
  const said = [...preview.matchAll(SAID)].map((match) => unescaped(match[1] ?? "")).filter(Boolean);
  return said.at(-1) ?? preview;
}

const WORDS =
  /"(?:message|question|query|prompt|input|answer|output|result|response|text)"\s*:\s*"((?:[^"\\]|\\.)+)(?:"|$)/;

/** What a table has room for: of a JSON object the one text a person would read, else the words of the preview. */
export function gist(preview: string): string {
  const said = previewText(preview);
  if (said !== preview || !/^\s*\{/.test(preview)) return said;
  const found = WORDS.exec(preview);
  return found ? unescaped(found[1] ?? "") : preview;
}
