import { Button, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { ApiError, rememberKey } from "../api/client";
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
  const submit = () => {
    rememberKey(key.trim());
    queries.invalidateQueries();
  };
  return (
    <Notice title="This server asks for an API key" detail={detail}>
      <form
        className={css.keyForm}
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <TextInput
          type="password"
          aria-label="API key"
          placeholder="API key with the read scope"
          value={key}
          onChange={(event) => setKey(event.currentTarget.value)}
        />
        <Button type="submit" variant="filled" disabled={!key.trim()}>
          Use key
        </Button>
      </form>
      <p className="faint">Kept in this browser tab only. Make one with `evalwright keys create`.</p>
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
