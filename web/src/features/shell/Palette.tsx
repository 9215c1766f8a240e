import { Modal } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { type Command, commands, matching } from "./commands";
import { useProjects } from "./project";
import css from "./Shell.module.css";

/** Go anywhere from the keyboard: pages, projects, a trace by its id. */
export default function Palette({ onClose, onKeys }: { onClose: () => void; onKeys: () => void }) {
  const [text, setText] = useState("");
  const [active, setActive] = useState(0);
  const { data } = useProjects();
  const navigate = useNavigate();
  const projects = data?.items;
  const all = useMemo(() => commands(projects?.map((p) => p.name) ?? []), [projects]);
  const found = matching(all, text);

  const run = (command: Command | undefined) => {
    if (!command) return;
    onClose();
    if (command.action === "keys") onKeys();
    else if (command.action === "trace") navigate({ to: "/traces/$traceId", params: { traceId: command.value } });
    else if (command.action === "project") navigate({ to: "/traces", search: { project: command.value } });
    else navigate({ to: command.value });
  };
  const onKey = (event: React.KeyboardEvent) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step) setActive((active + step + found.length) % Math.max(1, found.length));
    else if (event.key === "Enter") run(found[active]);
    else return;
    event.preventDefault();
  };

  return (
    <Modal
      opened
      onClose={onClose}
      withCloseButton={false}
      padding={0}
      size={560}
      yOffset="14vh"
      title={null}
      aria-label="Command palette"
    >
      <div className={css.palette}>
        <input
          data-autofocus
          value={text}
          onChange={(event) => {
            setText(event.currentTarget.value);
            setActive(0);
          }}
          onKeyDown={onKey}
          placeholder="Go to a page, a project, or paste a trace id"
          role="combobox"
          aria-label="Command"
          aria-expanded
          aria-controls="palette-options"
          aria-activedescendant={found[active] ? `palette-${active}` : undefined}
        />
        <div id="palette-options" className={css.options} role="listbox" aria-label="Commands">
          {found.map((command, i) => (
            <div
              key={`${command.action}:${command.value}`}
              id={`palette-${i}`}
              role="option"
              aria-selected={i === active}
              tabIndex={-1}
              className={css.option}
              onMouseMove={() => setActive(i)}
              onClick={() => run(command)}
            >
              <span className="cut">{command.label}</span>
              <span className="faint">{command.group}</span>
            </div>
          ))}
          {found.length ? null : <div className={`${css.option} faint`}>Nothing matches</div>}
        </div>
      </div>
    </Modal>
  );
}
