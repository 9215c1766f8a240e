const SAID = /"(?:content|text)"\s*:\s*"((?:[^"\\]|\\.)*)(?:"|$)/g;

function unescaped(text: string): string {
  try {
    return JSON.parse(`"${text}"`);
  } catch {
    // A preview may be cut in the middle of an escape.
    return text.replace(/\\[^"\\]*$/, "");
  }
}

/** The words of a preview: chat messages as JSON, even when cut short, give the last thing said in them. */
export function previewText(preview: string): string {
  if (!/^\s*[[{]/.test(preview) || !preview.includes('"role"')) return preview;
  const said = [...preview.matchAll(SAID)].map((match) => unescaped(match[1] ?? "")).filter(Boolean);
  return said.at(-1) ?? preview;
}
