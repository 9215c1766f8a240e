import { Menu, Tooltip, UnstyledButton } from "@mantine/core";
import { IconCheck, IconSelector } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { count } from "../../ui/format";
import { useProject, useProjects } from "./project";
import css from "./Shell.module.css";

export function ProjectSwitcher({ small }: { small: boolean }) {
  const project = useProject();
  const { data } = useProjects();
  const navigate = useNavigate();
  const projects = data?.items ?? [];
  return (
    <Menu position="bottom-start" width={260}>
      <Menu.Target>
        <UnstyledButton className={css.project} aria-label={`Project: ${project || "none"}`}>
          <span className={css.projectMark} aria-hidden>
            {(project || "?").slice(0, 1).toUpperCase()}
          </span>
          {small ? null : (
            <>
              <span className="cut">{project || "No project yet"}</span>
              <IconSelector size={14} aria-hidden />
            </>
          )}
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown mah={420} style={{ overflowY: "auto" }}>
        <Menu.Label>Projects</Menu.Label>
        {projects.map((p) => (
          <Menu.Item
            key={p.name}
            onClick={() => navigate({ to: "/traces", search: { project: p.name } })}
            leftSection={<IconCheck size={14} style={{ opacity: p.name === project ? 1 : 0 }} />}
            rightSection={
              <Tooltip label={`${p.span_count.toLocaleString("en-US")} spans`}>
                <span className="faint num">{count(p.trace_count)}</span>
              </Tooltip>
            }
          >
            <span className="cut">{p.name}</span>
          </Menu.Item>
        ))}
        {projects.length ? null : <Menu.Item disabled>Appears with the first span</Menu.Item>}
      </Menu.Dropdown>
    </Menu>
  );
}
