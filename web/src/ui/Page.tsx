import type { ReactNode } from "react";
import css from "./ui.module.css";

/** A page: fixed header with the title, then whatever scrolls. */
export function PageFrame({ header, children }: { header: ReactNode; children: ReactNode }) {
  return (
    <div className={css.page}>
      {header}
      {children}
    </div>
  );
}

interface HeaderProps {
  title: ReactNode;
  crumb?: ReactNode;
  extra?: ReactNode;
  actions?: ReactNode;
  /** A second line across the whole width. */
  below?: ReactNode;
}

export function PageHeader({ title, crumb, extra, actions, below }: HeaderProps) {
  return (
    <header className={css.header}>
      {crumb ? (
        <span className={css.crumb}>
          {crumb}
          <span aria-hidden>/</span>
        </span>
      ) : null}
      <h1 className="cut">{title}</h1>
      {extra}
      {actions ? <div className={css.actions}>{actions}</div> : null}
      {below ? <div className={css.below}>{below}</div> : null}
    </header>
  );
}

/** The scrolling body of a page; focusable, so that it scrolls from the keyboard too. */
export function Scroll({ children, label, padded = true }: { children: ReactNode; label: string; padded?: boolean }) {
  return (
    <section className={`${css.scroll} ${padded ? css.pad : ""}`} aria-label={label} tabIndex={0}>
      {children}
    </section>
  );
}
