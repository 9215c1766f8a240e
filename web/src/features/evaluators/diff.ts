/** A line-by-line comparison of two texts, by their longest common subsequence. */
export interface DiffLine {
  sign: " " | "+" | "-" | "…";
  text: string;
}

const MOST_CELLS = 4_000_000;

export function diffLines(before: string, after: string): DiffLine[] {
  const a = before.replace(/\n$/, "").split("\n");
  const b = after.replace(/\n$/, "").split("\n");
  if (a.length * b.length > MOST_CELLS) return [...lines("-", a), ...lines("+", b)];
  const width = b.length + 1;
  const longest = new Uint32Array((a.length + 1) * width);
  const at = (i: number, j: number) => longest[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      longest[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const out: DiffLine[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    if (a[i] === b[j]) {
      out.push({ sign: " ", text: a[i] ?? "" });
      i += 1;
      j += 1;
    } else if (at(i + 1, j) >= at(i, j + 1)) {
      out.push({ sign: "-", text: a[i] ?? "" });
      i += 1;
    } else {
      out.push({ sign: "+", text: b[j] ?? "" });
      j += 1;
    }
  }
  return [...out, ...lines("-", a.slice(i)), ...lines("+", b.slice(j))];
}

function lines(sign: DiffLine["sign"], texts: string[]): DiffLine[] {
  return texts.map((text) => ({ sign, text }));
}

/** Leaves out what is further than `reach` lines from any change; each gap is one line that says how much it hides. */
export function foldUnchanged(all: DiffLine[], reach = 3): DiffLine[] {
  const near = new Set<number>();
  all.forEach((line, i) => {
    if (line.sign === " ") return;
    for (let k = i - reach; k <= i + reach; k += 1) near.add(k);
  });
  const out: DiffLine[] = [];
  let hidden = 0;
  const close = () => {
    if (hidden) out.push({ sign: "…", text: hidden === 1 ? "1 line" : `${hidden} lines` });
    hidden = 0;
  };
  all.forEach((line, i) => {
    if (!near.has(i)) {
      hidden += 1;
      return;
    }
    close();
    out.push(line);
  });
  close();
  return out;
}
