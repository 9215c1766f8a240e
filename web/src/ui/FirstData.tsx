import { Snippet } from "./Copy";
import { Notice } from "./Notice";

/** How to get the first data in, ready to paste for this very server. */
export function FirstData({ what, project = "my-agent" }: { what: string; project?: string }) {
  const { origin } = window.location;
  const quoted = JSON.stringify(project);
  const word = /^[\w.-]+$/.test(project) ? project : `'${project.replaceAll("'", "'\\''")}'`;
  return (
    <Notice
      title={`No ${what} yet`}
      detail="Point any OpenTelemetry SDK at this server and run your agent once. It shows up here within a second."
    >
      <Snippet
        title="Any OpenTelemetry SDK"
        code={`export OTEL_EXPORTER_OTLP_ENDPOINT=${origin}\nexport OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf\nexport OTEL_RESOURCE_ATTRIBUTES=evalwright.project.name=${encodeURIComponent(project)}`}
      />
      <Snippet
        title="Python"
        code={`import evalwright as ew\n\new.init(project=${quoted}, endpoint="${origin}")\n\n@ew.observe(kind="AGENT")\ndef answer(question: str) -> str: ...`}
      />
      <Snippet
        title="Traces in files (OTLP, one request a line)"
        code={`evalwright import traces.otlp.jsonl.gz --project ${word} \\\n  --server ${origin}`}
      />
    </Notice>
  );
}
