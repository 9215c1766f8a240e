import { ActionIcon, Tooltip, useComputedColorScheme, useMantineColorScheme } from "@mantine/core";
import {
  IconCommand,
  IconDatabase,
  IconFlask,
  IconGavel,
  IconHeartbeat,
  IconKeyboard,
  IconLayoutSidebar,
  IconListTree,
  IconMessages,
  IconMoon,
  IconSun,
} from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { Logo } from "./Logo";
import { ProjectSwitcher } from "./ProjectSwitcher";
import css from "./Shell.module.css";

export const PLACES = [
  { to: "/traces", label: "Traces", icon: IconListTree },
  { to: "/sessions", label: "Sessions", icon: IconMessages },
  { to: "/evaluators", label: "Evaluators", icon: IconGavel },
  { to: "/datasets", label: "Datasets", icon: IconDatabase },
  { to: "/experiments", label: "Experiments", icon: IconFlask },
  { to: "/status", label: "Status", icon: IconHeartbeat },
] as const;

interface Props {
  small: boolean;
  canFold: boolean;
  onFold: () => void;
  onPalette: () => void;
  onKeys: () => void;
}

export function Sidebar({ small, canFold, onFold, onPalette, onKeys }: Props) {
  return (
    <nav className={css.sidebar} aria-label="Main">
      <Link to="/traces" className={css.brand} aria-label="Evalwright, traces">
        <Logo />
        {small ? null : <span>Evalwright</span>}
      </Link>
      <ProjectSwitcher small={small} />
      <ul className={css.places}>
        {PLACES.map(({ to, label, icon: Icon }) => (
          <li key={to}>
            <Tooltip label={label} position="right" disabled={!small}>
              <Link to={to} className={css.place} activeProps={{ "data-active": true }} aria-label={label}>
                <Icon size={16} stroke={1.7} aria-hidden />
                {small ? null : label}
              </Link>
            </Tooltip>
          </li>
        ))}
      </ul>
      <div className={css.foot}>
        <Tooltip label="Command palette (Ctrl or Cmd K)" position="right">
          <ActionIcon aria-label="Command palette" onClick={onPalette}>
            <IconCommand size={16} />
          </ActionIcon>
        </Tooltip>
        <ThemeToggle />
        <Tooltip label="Keyboard shortcuts (?)" position="right">
          <ActionIcon aria-label="Keyboard shortcuts" onClick={onKeys}>
            <IconKeyboard size={16} />
          </ActionIcon>
        </Tooltip>
        {canFold ? (
          <Tooltip label={small ? "Show sidebar labels" : "Fold sidebar"} position="right">
            <ActionIcon aria-label={small ? "Show sidebar labels" : "Fold sidebar"} onClick={onFold}>
              <IconLayoutSidebar size={16} />
            </ActionIcon>
          </Tooltip>
        ) : null}
      </div>
    </nav>
  );
}

function ThemeToggle() {
  const scheme = useComputedColorScheme("light");
  const { setColorScheme } = useMantineColorScheme();
  const next = scheme === "dark" ? "light" : "dark";
  return (
    <Tooltip label={`Switch to ${next}`} position="right">
      <ActionIcon aria-label={`Switch to ${next} theme`} onClick={() => setColorScheme(next)}>
        {scheme === "dark" ? <IconSun size={16} /> : <IconMoon size={16} />}
      </ActionIcon>
    </Tooltip>
  );
}
