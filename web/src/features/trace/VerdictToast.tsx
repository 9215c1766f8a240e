import { Button } from "@mantine/core";
import { useEffect } from "react";
import { type useAddVerdict, useTakeBack } from "./queries";
import css from "./Trace.module.css";

const SHOWN_MS = 8000;

interface Props {
  verdict: ReturnType<typeof useAddVerdict>;
  project: string;
  traceId: string;
}

/** Says that a verdict was saved, and takes it back while it says so. */
export function VerdictToast({ verdict, project, traceId }: Props) {
  const back = useTakeBack(project, traceId);
  const { reset, submittedAt } = verdict;
  useEffect(() => {
    if (!submittedAt) return;
    back.reset();
    const timer = setTimeout(reset, SHOWN_MS);
    return () => clearTimeout(timer);
  }, [submittedAt, reset, back.reset]);
  const undo = () => {
    const { data: before, variables } = verdict;
    if (variables) back.mutate({ spanId: variables.spanId, before: before ?? null });
  };
  const failure = back.error ?? verdict.error;
  return (
    <div role="status" className={verdict.isIdle ? "visually-hidden" : css.toast} data-bad={failure ? true : undefined}>
      {failure ? `Not saved: ${failure.message}` : null}
      {back.isSuccess ? "Taken back." : null}
      {!failure && !back.isSuccess && verdict.isSuccess ? (
        <>
          Saved {verdict.variables.pass ? "PASS" : "FAIL"}.
          <Button size="compact-xs" variant="subtle" onClick={undo} loading={back.isPending}>
            Undo
          </Button>
        </>
      ) : null}
      {verdict.isPending ? "Saving…" : null}
    </div>
  );
}
