import { Link } from "@tanstack/react-router";
import { Badge, type Tone } from "../../ui/Badge";
import { Failure, Loading } from "../../ui/Notice";
import ui from "../../ui/ui.module.css";
import { useReadyEvaluators } from "./readyQueries";

/** The evaluators that come with Evalwright, and what is known of the error of each. */
export function ReadyTable({ project }: { project: string }) {
  const ready = useReadyEvaluators(project);
  if (ready.error) return <Failure error={ready.error} retry={() => ready.refetch()} />;
  if (ready.isPending) return <Loading />;
  return (
    <table className={ui.table} aria-label="Ready evaluators">
      <thead>
        <tr>
          <th>Evaluator</th>
          <th>Kind</th>
          <th>Judges a</th>
          <th>Against public labels</th>
        </tr>
      </thead>
      <tbody>
        {ready.data.items.map((each) => (
          <tr key={each.name}>
            <td>
              <Link to="/evaluators/ready/$name" params={{ name: each.name }} className={ui.rowButton}>
                {each.name}
              </Link>
              <div className="faint">{each.about}</div>
            </td>
            <td>
              <Badge tone={each.kind === "judge" ? "accent" : "plain"}>{each.kind}</Badge>
            </td>
            <td>{each.target}</td>
            <td>
              <Status text={each.status} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const TONES: [begins: string, tone: Tone][] = [
  ["card on", "ok"],
  ["fits", "plain"],
  ["needs", "warn"],
];

function Status({ text }: { text: string }) {
  const found = TONES.find(([begins]) => text.startsWith(begins));
  if (!found) return <span className="faint">none needed: it computes what it says</span>;
  const [begins, tone] = found;
  if (begins === "needs") return <Badge tone={tone}>{text}</Badge>;
  return (
    <>
      <Badge tone={tone}>{begins === "fits" ? "no card yet" : "card"}</Badge>{" "}
      <span className="dim">{begins === "fits" ? text : text.replace("card on", "on")}</span>
    </>
  );
}
