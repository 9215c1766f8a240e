import { ActionIcon, Tooltip } from "@mantine/core";
import { useClipboard } from "@mantine/hooks";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import css from "./ui.module.css";

export function CopyButton({ value, label }: { value: string; label: string }) {
  const clipboard = useClipboard({ timeout: 1200 });
  return (
    <Tooltip label={clipboard.copied ? "Copied" : label}>
      <ActionIcon aria-label={label} onClick={() => clipboard.copy(value)} size="sm">
        {clipboard.copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
      </ActionIcon>
    </Tooltip>
  );
}

/** An id, shortened, that copies itself in full. */
export function CopyId({ value, label }: { value: string; label: string }) {
  const clipboard = useClipboard({ timeout: 1200 });
  return (
    <button type="button" className={css.copy} onClick={() => clipboard.copy(value)} title={`${label}: ${value}`}>
      {value.slice(0, 8)}
      {clipboard.copied ? <IconCheck size={11} aria-hidden /> : <IconCopy size={11} aria-hidden />}
      <span className="visually-hidden">{clipboard.copied ? "copied" : `copy ${label}`}</span>
    </button>
  );
}

export function Snippet({ title, code }: { title: string; code: string }) {
  return (
    <div className={css.snippet}>
      <h3>{title}</h3>
      <pre tabIndex={0}>{code}</pre>
      <span className={css.snippetCopy}>
        <CopyButton value={code} label={`Copy: ${title}`} />
      </span>
    </div>
  );
}
