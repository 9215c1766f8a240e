import { Button, Checkbox, Popover } from "@mantine/core";
import { IconColumns3 } from "@tabler/icons-react";
import { COLUMN_LABELS, visibleColumns } from "./columns";

export function ColumnPicker({ value, onChange }: { value?: string; onChange: (next?: string) => void }) {
  const visible = visibleColumns(value);
  const toggle = (id: string, on: boolean) => {
    const next = Object.keys(COLUMN_LABELS).filter((c) => (c === id ? on : visible.has(c)));
    onChange(next.join(","));
  };
  return (
    <Popover position="bottom-end" width={200}>
      <Popover.Target>
        <Button leftSection={<IconColumns3 size={14} />}>Columns</Button>
      </Popover.Target>
      <Popover.Dropdown>
        <fieldset style={{ border: 0, padding: 0, margin: 0, display: "grid", gap: 8 }}>
          <legend className="visually-hidden">Columns of the table</legend>
          {Object.entries(COLUMN_LABELS).map(([id, label]) => (
            <Checkbox
              key={id}
              label={label}
              checked={visible.has(id)}
              onChange={(event) => toggle(id, event.currentTarget.checked)}
            />
          ))}
        </fieldset>
        <Button mt="sm" fullWidth onClick={() => onChange(undefined)}>
          Defaults
        </Button>
      </Popover.Dropdown>
    </Popover>
  );
}
