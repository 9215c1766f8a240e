import { Button, Divider, Menu, TextInput } from "@mantine/core";
import { IconCalendar } from "@tabler/icons-react";
import { useState } from "react";
import { RANGES, type RangeSearch, rangeLabel } from "./range";

/** What a datetime-local input shows for an RFC 3339 time, in the reader's zone. */
function local(time: string | undefined): string {
  if (!time) return "";
  const date = new Date(time);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

function utc(text: string): string | undefined {
  return text ? new Date(text).toISOString() : undefined;
}

export function RangePicker({ search, onChange }: { search: RangeSearch; onChange: (next: RangeSearch) => void }) {
  const [start, setStart] = useState(local(search.start));
  const [end, setEnd] = useState(local(search.end));
  return (
    <Menu width={240} closeOnItemClick>
      <Menu.Target>
        <Button leftSection={<IconCalendar size={14} />}>{rangeLabel(search)}</Button>
      </Menu.Target>
      <Menu.Dropdown>
        {RANGES.map(([key, label]) => (
          <Menu.Item key={key} onClick={() => onChange({ range: key, start: undefined, end: undefined })}>
            {label}
          </Menu.Item>
        ))}
        <Divider my={6} />
        <form
          style={{ padding: "0 8px 8px", display: "grid", gap: 6 }}
          onSubmit={(event) => {
            event.preventDefault();
            onChange({ range: undefined, start: utc(start), end: utc(end) });
          }}
        >
          <TextInput
            type="datetime-local"
            label="From"
            value={start}
            onChange={(e) => setStart(e.currentTarget.value)}
          />
          <TextInput type="datetime-local" label="To" value={end} onChange={(e) => setEnd(e.currentTarget.value)} />
          <Button type="submit" variant="filled" disabled={!start && !end}>
            Use these
          </Button>
        </form>
      </Menu.Dropdown>
    </Menu>
  );
}
