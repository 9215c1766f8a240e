import { JsonTree } from "./JsonTree";

/** What went in and what came out, one under the other; the page around it styles the headings. */
export function InputAndOutput({ of }: { of: { input: unknown; output: unknown } }) {
  return (
    <>
      <h3>Input</h3>
      <JsonTree value={of.input} label="Input" />
      <h3>Output</h3>
      <JsonTree value={of.output} label="Output" />
    </>
  );
}
