import { useRef } from "react";
import css from "./Evaluators.module.css";

interface Props {
  label: string;
  value: string;
  onChange: (next: string) => void;
  /** The line to mark, from 1. */
  badLine?: number;
}

/** Plain text with line numbers. Tab keeps moving the focus, so that nobody is trapped. */
export function CodeArea({ label, value, onChange, badLine }: Props) {
  const gutter = useRef<HTMLDivElement>(null);
  const lines = value.split("\n").length;
  return (
    <div className={css.editor}>
      <div ref={gutter} className={css.gutter} aria-hidden>
        {Array.from({ length: lines }, (_, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the number is what a line is
          <span key={i} data-bad={badLine === i + 1 || undefined}>
            {i + 1}
          </span>
        ))}
      </div>
      <textarea
        aria-label={label}
        aria-invalid={badLine !== undefined}
        value={value}
        spellCheck={false}
        wrap="off"
        onChange={(event) => onChange(event.currentTarget.value)}
        onScroll={(event) => {
          if (gutter.current) gutter.current.scrollTop = event.currentTarget.scrollTop;
        }}
      />
    </div>
  );
}
