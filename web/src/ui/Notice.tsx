import { Button, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { ApiError, login } from "../api/client";
import css from "./ui.module.css";

/** A calm full-width message: nothing here, or something went wrong. */
export function Notice({ title, detail, children }: { title: string; detail?: ReactNode; children?: ReactNode }) {
  return (
    <div className={css.notice} role="status">
      <h2>{title}</h2>
      {detail ? <p>{detail}</p> : null}
      {children}
    </div>
  );
}

/** What the server answered, with its hint; asks for a key when that is what is missing. */
export function Failure({ error, retry }: { error: Error; retry?: () => void }) {
  const problem = error instanceof ApiError ? error.problem : null;
  if (problem?.status === 401) return <KeyPrompt detail={problem.detail} />;
  return (
    <Notice title={problem?.title || "The server did not answer"} detail={problem?.detail || error.message}>
      {problem?.hint ? <p className="faint">{problem.hint}</p> : null}
      {retry ? <Button onClick={retry}>Try again</Button> : null}
    </Notice>
  );
}

function KeyPrompt({ detail }: { detail: string }) {
  const [key, setKey] = useState("");
  const queries = useQueryClient();
  const enter = useMutation({ mutationFn: () => login(key.trim()), onSuccess: () => queries.invalidateQueries() });
  return (
    <Notice title="This server asks for an API key" detail={detail}>
      <form
        className={css.keyForm}
        onSubmit={(event) => {
          event.preventDefault();
          enter.mutate();
        }}
      >
        <TextInput
          type="password"
          aria-label="API key"
          placeholder="API key with the read scope"
          value={key}
          onChange={(event) => setKey(event.currentTarget.value)}
        />
        <Button type="submit" variant="filled" loading={enter.isPending} disabled={!key.trim()}>
          Use key
        </Button>
      </form>
      {enter.error ? <p className="bad">{enter.error.message}</p> : null}
      <p className="faint">
        Make one with <code>evalwright keys create</code>. It is traded for a session cookie and not kept.
      </p>
    </Notice>
  );
}

export function Loading({ what = "Loading" }: { what?: string }) {
  return (
    <div className={css.loading} role="status" aria-live="polite">
      <span className={css.spinner} aria-hidden />
      {what}…
    </div>
  );
}
