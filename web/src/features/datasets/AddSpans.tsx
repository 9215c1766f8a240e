import { Button, Modal, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { get, post } from "../../api/client";
import type { Dataset, Page } from "../../api/types";
import css from "./AddSpans.module.css";

interface Props {
  project: string;
  /** Which spans become items, in the filter language, and how many there are at most. */
  filter: string;
  limit: number;
  title: string;
  about: string;
  onClose: () => void;
}

/** Asks for a dataset and adds one item for each span that matches. */
export function AddSpans({ project, filter, limit, title, about, onClose }: Props) {
  const [name, setName] = useState("");
  const queries = useQueryClient();
  const known = useQuery({
    queryKey: ["datasets", project],
    queryFn: ({ signal }) => get<Page<Dataset>>("/datasets", { project, limit: 200 }, signal),
  });
  const names = known.data?.items.map((d) => d.name) ?? [];
  const target = name.trim();
  const add = useMutation({
    mutationFn: async () => {
      await post("/datasets", { project, name: target, exist_ok: true });
      const path = `/datasets/${encodeURIComponent(target)}/items?${new URLSearchParams({ project })}`;
      await post(path, { from_spans: { filter, limit } });
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: ["datasets"] }),
  });
  return (
    <Modal opened onClose={onClose} title={title} closeButtonProps={{ "aria-label": "Close" }}>
      <form
        className={css.form}
        onSubmit={(event) => {
          event.preventDefault();
          add.mutate();
        }}
      >
        <TextInput
          data-autofocus
          label="Dataset"
          description="An existing name adds a version; a new name makes a dataset."
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          list="dataset-names"
        />
        <datalist id="dataset-names">
          {names.map((n) => (
            <option key={n} value={n} />
          ))}
        </datalist>
        <p className="faint">{about}</p>
        {add.error ? <p className="bad">{add.error.message}</p> : null}
        {add.isSuccess ? (
          <p className="ok" role="status">
            Added.{" "}
            <Link to="/datasets/$dataset" params={{ dataset: target }} search={{ project }} className="link">
              Open {target}
            </Link>
          </p>
        ) : null}
        <Button type="submit" variant="filled" loading={add.isPending} disabled={!target || add.isSuccess}>
          Add
        </Button>
      </form>
    </Modal>
  );
}
