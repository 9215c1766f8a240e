import { Button } from "@mantine/core";
import { useEffect } from "react";
import { type Judgement, type useJudge, useTakeBack, VERDICT } from "./judging";
import css from "./Trace.module.css";

const SHOWN_MS = 8000;

interface Props {
  judge: ReturnType<typeof useJudge>;
  project: string;
  traceId: string;
}

/** Says that a verdict was saved, and takes it back while it says so. */
export function VerdictToast({ judge, project, traceId }: Props) {
  const back = useTakeBack(project, traceId);
  const { reset, submittedAt } = judge;
  useEffect(() => {
    if (!submittedAt) return;
    back.reset();
    const timer = setTimeout(reset, SHOWN_MS);
    return () => clearTimeout(timer);
  }, [submittedAt, reset, back.reset]);
  const undo = () => {
    const { data: before, variables } = judge;
    if (variables) back.mutate({ said: variables, before: before ?? null });
  };
  const failure = back.error ?? judge.error;
  return (
    <div role="status" className={judge.isIdle ? "visually-hidden" : css.toast} data-bad={failure ? true : undefined}>
      {failure ? `Not saved: ${failure.message}` : null}
      {back.isSuccess ? "Taken back." : null}
      {!failure && !back.isSuccess && judge.isSuccess ? (
        <>
          Saved {told(judge.variables)}.
          <Button size="compact-xs" variant="subtle" onClick={undo} loading={back.isPending}>
            Undo
          </Button>
        </>
      ) : null}
      {judge.isPending ? "Saving…" : null}
    </div>
  );
}

function told({ name, label, value, spanId }: Judgement): string {
  const said = label || String(value);
  return `${name === VERDICT ? said : `${name} ${said}`}${spanId ? "" : " on the trace"}`;
}
