import { Button } from "@mantine/core";
import { useState } from "react";
import css from "./JsonTree.module.css";

const STEP = 20_000;

/** Text exactly as stored; long text opens in steps. */
export function RawText({ text, label }: { text: string; label: string }) {
  const [shown, setShown] = useState(STEP);
  return (
    <>
      <pre className={css.raw} tabIndex={0} role="region" aria-label={label}>
        {text.slice(0, shown)}
      </pre>
      {text.length > shown ? (
        <Button size="compact-xs" onClick={() => setShown(shown * 4)}>
          Show more of {text.length.toLocaleString("en-US")} characters
        </Button>
      ) : null}
    </>
  );
}
