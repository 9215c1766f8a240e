import type { JudgeTrust } from "../../api/types";
import { Badge, type Tone } from "../../ui/Badge";
import css from "./Evaluators.module.css";

const SAID: Record<string, { text: string; tone: Tone }> = {
  held: { text: "may decide gates", tone: "ok" },
  no_bar: { text: "no bar set", tone: "plain" },
  undecided: { text: "may not decide: too few labels", tone: "warn" },
  drifted: { text: "may not decide: it has drifted", tone: "bad" },
  below_bar: { text: "may not decide: under its bar", tone: "bad" },
  uncalibrated: { text: "may not decide: not calibrated", tone: "warn" },
};

/** Whether the newest version of a judge may decide a gate, why, and what to do about it. */
export function Trust({ of }: { of: JudgeTrust[] }) {
  if (!of.length) return null;
  return (
    <ul className={css.trust} aria-label="May it decide a gate?">
      {of.map((each) => (
        <li key={each.metric}>
          <Badge tone={SAID[each.state]?.tone}>{SAID[each.state]?.text ?? each.state}</Badge>{" "}
          {of.length > 1 ? <b>{each.metric}</b> : null} <span className="dim">{each.explanation}.</span>{" "}
          {each.next_step ? <span className="faint">Next: {each.next_step.replaceAll("`", "")}.</span> : null}
        </li>
      ))}
    </ul>
  );
}
