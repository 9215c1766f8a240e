import { lazy, Suspense } from "react";
import css from "./Markdown.module.css";

const Markdown = lazy(() => import("./Markdown"));

/** Untrusted text as Markdown. Text that uses none of it, or too much of it, is shown as it is. */
export function MarkdownText({ text }: { text: string }) {
  const plain = <div className={css.plain}>{text}</div>;
  if (text.length > 60_000 || !/[*_`#>[\]|~-]|\n\s*\d+\./.test(text)) return plain;
  return (
    <Suspense fallback={plain}>
      <Markdown text={text} />
    </Suspense>
  );
}
