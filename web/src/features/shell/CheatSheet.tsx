import { Kbd, Modal } from "@mantine/core";
import css from "./Shell.module.css";

const KEYS: [keys: string[], what: string][] = [
  [["Ctrl/⌘", "K"], "Command palette: pages, projects, trace ids"],
  [["?"], "This list"],
  [["J"], "Next row, next step"],
  [["K"], "Previous row, previous step"],
  [["←", "→"], "Fold and unfold in the tree; ← leads to the parent"],
  [["Enter"], "Open the row; in a trace, go to the details; in its search, the next hit"],
  [["X"], "Select the row or step"],
  [["/"], "Filter bar, or search inside a trace"],
  [["P"], "Mark the step PASS"],
  [["F"], "Mark the step FAIL"],
  [["N"], "Write a note on the step"],
  [["1", "2", "3"], "Transcript, tree, timeline"],
  [["Z"], "Zoom the timeline to the step, and back"],
  [["Esc"], "Close what is open"],
];

export default function CheatSheet({ onClose }: { onClose: () => void }) {
  return (
    <Modal opened onClose={onClose} title="Keyboard shortcuts" size={460} closeButtonProps={{ "aria-label": "Close" }}>
      <dl className={css.keys}>
        {KEYS.map(([keys, what]) => (
          <div key={what} style={{ display: "contents" }}>
            <dt>
              {keys.map((key) => (
                <Kbd key={key} size="xs" mr={4}>
                  {key}
                </Kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Modal>
  );
}
