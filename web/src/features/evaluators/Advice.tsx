import { Snippet } from "../../ui/Copy";
import css from "./Evaluators.module.css";

/** What to do next, in words, with each command it names to copy. */
export function Advice({ text, title }: { text: string; title: string }) {
  const commands = [...text.matchAll(/`([^`]+)`/g)].map((found) => found[1] ?? "");
  return (
    <>
      <p className={css.lead}>{sentence(pointed(text, commands.length))}</p>
      {commands.length ? <Snippet title={title} code={commands.join("\n")} /> : null}
    </>
  );
}

const NTH = ["first", "second", "third"];

/** The text with each command replaced by where it stands below. */
function pointed(text: string, commands: number): string {
  let at = 0;
  return text.replace(/`[^`]+`/g, () => (commands > 1 ? `the ${NTH[at++]} command below` : "the command below"));
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;
}
