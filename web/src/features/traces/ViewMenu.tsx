import { ActionIcon, Button, Popover, TextInput, UnstyledButton } from "@mantine/core";
import { useLocalStorage } from "@mantine/hooks";
import { IconBookmark, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import css from "./Traces.module.css";
import { readViews, sameView, searchOf, type View, viewOf, viewsKey, withoutView, withView } from "./views";

interface Props {
  project: string;
  search: Record<string, string | undefined>;
  onChoose: (search: Record<string, string | undefined>) => void;
}

/** Filter, range, sort and columns under a name, to come back to. Others get a view by its address. */
export function ViewMenu({ project, search, onChoose }: Props) {
  const [open, setOpen] = useState(false);
  const [name, setName] = useState("");
  const [stored, store] = useLocalStorage({
    key: viewsKey(project),
    defaultValue: "[]",
    getInitialValueInEffect: false,
  });
  const views = readViews(stored);
  const current = views.find((view) => sameView(view, search));
  const write = (next: View[]) => store(JSON.stringify(next));
  return (
    <Popover opened={open} onChange={setOpen} position="bottom-end" width={260} trapFocus>
      <Popover.Target>
        <Button leftSection={<IconBookmark size={14} />} aria-expanded={open} onClick={() => setOpen(!open)}>
          <span className={css.viewName}>{current?.name ?? "Views"}</span>
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        {views.length ? (
          <ul className={css.views} aria-label="Saved views">
            {views.map((view) => (
              <li key={view.name} data-current={view === current || undefined}>
                <UnstyledButton
                  className={css.viewPick}
                  onClick={() => {
                    onChoose(searchOf(view));
                    setOpen(false);
                  }}
                >
                  <span className="cut">{view.name}</span>
                  <span className="cut faint mono">{view.search.filter ?? "no filter"}</span>
                </UnstyledButton>
                <ActionIcon
                  aria-label={`Delete the view ${view.name}`}
                  onClick={() => write(withoutView(views, view.name))}
                >
                  <IconTrash size={14} />
                </ActionIcon>
              </li>
            ))}
          </ul>
        ) : (
          <p className={css.viewHint}>Keep this filter, range, sort and columns under a name, in this browser.</p>
        )}
        <form
          className={css.viewForm}
          onSubmit={(event) => {
            event.preventDefault();
            write(withView(views, { name, search: viewOf(search) }));
            setName("");
          }}
        >
          <TextInput
            aria-label="Name of the view"
            placeholder="Name this view"
            maxLength={60}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <Button type="submit" disabled={!name.trim()}>
            Save
          </Button>
        </form>
      </Popover.Dropdown>
    </Popover>
  );
}
