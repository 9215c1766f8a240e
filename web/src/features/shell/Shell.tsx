import { useHotkeys, useLocalStorage, useMediaQuery } from "@mantine/hooks";
import { Outlet } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import { Failure } from "../../ui/Notice";
import { useProjects } from "./project";
import css from "./Shell.module.css";
import { Sidebar } from "./Sidebar";

const Palette = lazy(() => import("./Palette"));
const CheatSheet = lazy(() => import("./CheatSheet"));

/** Sidebar, page, and the two dialogs that every page has. */
export function Shell() {
  const narrow = useMediaQuery("(max-width: 1100px)", window.innerWidth <= 1100);
  const [folded, setFolded] = useLocalStorage({ key: "evalwright-sidebar-folded", defaultValue: false });
  const [dialog, setDialog] = useState<"" | "palette" | "keys">("");
  const projects = useProjects();
  const small = narrow || folded;

  useHotkeys([
    ["shift+?", () => setDialog("keys")],
    ["?", () => setDialog("keys")],
  ]);
  // The palette opens from inside an input as well.
  useHotkeys([["mod+K", () => setDialog("palette")]], []);

  return (
    <div className={css.shell} data-small={small || undefined}>
      <a href="#main" className={css.skip}>
        Skip to content
      </a>
      <Sidebar
        small={small}
        canFold={!narrow}
        onFold={() => setFolded(!folded)}
        onPalette={() => setDialog("palette")}
        onKeys={() => setDialog("keys")}
      />
      <main id="main" className={css.main}>
        {projects.error ? <Failure error={projects.error} retry={() => projects.refetch()} /> : <Outlet />}
      </main>
      <Suspense>
        {dialog === "palette" ? <Palette onClose={() => setDialog("")} onKeys={() => setDialog("keys")} /> : null}
        {dialog === "keys" ? <CheatSheet onClose={() => setDialog("")} /> : null}
      </Suspense>
    </div>
  );
}
