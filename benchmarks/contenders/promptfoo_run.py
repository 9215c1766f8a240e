"""promptfoo: equals and llm-rubric over test cases whose answers are known; Node and npm come with the wheel."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from common import answer, question

KNOWN = """export default class Known {
  id() { return "known"; }
  async callApi(prompt) { return { output: `It is ${prompt.split(" ")[1]}.` }; }
}"""


def config(url: str, examples: int, provider: Path) -> dict[str, object]:
    grader = {"id": "openai:chat:m", "config": {"apiBaseUrl": url, "apiKey": "k"}}
    rubric = {"type": "llm-rubric", "value": "The answer is good.", "provider": grader}
    return {
        "prompts": ["{{q}}"],
        "providers": [{"id": provider.as_uri()}],
        "defaultTest": {"assert": [{"type": "equals", "value": "{{a}}"}, rubric]},
        "tests": [{"vars": {"q": question(n), "a": answer(n)}} for n in range(examples)],
    }


def main() -> None:
    url, examples, concurrency = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    node, installed = os.environ["CONTENDER_NODE"], Path(os.environ["CONTENDER_HOME"]) / "node_modules"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "known.mjs").write_text(KNOWN)
        (folder / "config.json").write_text(json.dumps(config(url, examples, folder / "known.mjs")))
        options = ["--no-cache", "--no-table", "--no-progress-bar", "--no-write", "-j", concurrency]
        command = [node, installed / "promptfoo" / "dist" / "src" / "entrypoint.js", "eval", "-c", "config.json"]
        quiet = {"PROMPTFOO_CONFIG_DIR": name, "PROMPTFOO_DISABLE_TELEMETRY": "1", "PROMPTFOO_DISABLE_UPDATE": "1"}
        subprocess.run(
            [*command, *options, "-o", "out.json"],
            cwd=folder,
            env={**os.environ, **quiet},
            check=True,
            stdout=subprocess.DEVNULL,
        )
        results = json.loads((folder / "out.json").read_text())["results"]
    assert results["stats"]["successes"] == examples, results["stats"]
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    taken = {
        # Its own figure, which leaves out the start of Node; the CPU time does not.
        "wall_s": results["stats"]["durationMs"] / 1000,
        "cpu_s": used.ru_utime + used.ru_stime,
        "rss_mb": used.ru_maxrss / 1024,
        "version": json.loads((installed / "promptfoo" / "package.json").read_text())["version"],
    }
    print(json.dumps(taken))


main()
