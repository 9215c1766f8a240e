"""What is queued is sent when a program, or a child of it, comes to its end; what is not is counted and said."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest
from collector import Answer, Collector, running_collector

from evalwright import sdk as ew

TRACE = "0af7651916cd43dd8448eb211c80319c"


def ended(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-c", program, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)


def feedback_in(collector: Collector) -> list[Any]:
    return [score for seen in collector.seen if seen.path == "/api/v1/scores" for score in seen.body["scores"]]


@pytest.mark.parametrize("init", ["", "ew.init(endpoint=sys.argv[1])"])
def test_feedback_given_at_the_very_end_arrives(init: str, monkeypatch: pytest.MonkeyPatch) -> None:
    program = f"import sys\nimport evalwright as ew\n{init}\new.feedback({TRACE!r}, name='thumbs', value=True)"
    with running_collector() as collector:
        collector.answer = lambda seen: Answer(200, {"written": 1})
        monkeypatch.setenv("EVALWRIGHT_ENDPOINT", collector.endpoint)
        done = ended(program, collector.endpoint)
        assert (done.stdout, done.stderr) == ("", "")
        assert [(score["name"], score["value"]) for score in feedback_in(collector)] == [("thumbs", True)]


def test_a_program_whose_server_is_away_says_so_once_and_ends_soon() -> None:
    program = "import evalwright as ew\new.init(endpoint='http://127.0.0.1:9')\nwith ew.span('unheard'): pass"
    done = ended(program)
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("evalwright-spans: 1 could not be sent: http://127.0.0.1:9/v1/traces cannot be reached")


def test_an_outage_is_said_once_and_again_only_after_it_ended(caplog: pytest.LogCaptureFixture) -> None:
    with running_collector() as collector:
        refusal = Answer(401, {"code": 16, "message": "the API key is unknown"})
        ew.init(endpoint=collector.endpoint, interval_s=0.01)
        for answer in (refusal, refusal, Answer(), Answer(403)):
            collector.answer = lambda seen, answer=answer: answer  # type: ignore[misc]
            with ew.span("sent"):
                pass
            assert ew.flush(5)
        ew.shutdown()
    said = [record.getMessage() for record in caplog.records if record.name.startswith("evalwright")]
    assert said == [
        "evalwright-spans: 1 refused: the server answered 401: the API key is unknown",
        "evalwright-spans: 1 refused: the server answered 403",
    ]


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_a_multiprocessing_child_sends_its_spans_and_feedback_when_it_ends(method: str, tmp_path: Any) -> None:
    script = tmp_path / "program.py"
    script.write_text(f"""
import multiprocessing
import sys
import evalwright as ew

def work(endpoint):
    if multiprocessing.get_start_method() == "spawn":
        ew.init(endpoint=endpoint, interval_s=60)
    with ew.span("of the child"):
        ew.feedback({TRACE!r}, name="thumbs", value=True)

if __name__ == "__main__":
    multiprocessing.set_start_method({method!r})
    ew.init(endpoint=sys.argv[1], interval_s=60)
    child = multiprocessing.Process(target=work, args=(sys.argv[1],))
    child.start()
    child.join()
    assert child.exitcode == 0
""")
    with running_collector() as collector:
        collector.answer = lambda seen: Answer(200, {"written": 1} if "scores" in seen.path else b"")
        command = [sys.executable, "-W", "error", str(script), collector.endpoint]
        subprocess.run(command, check=True, timeout=60)
        assert [span.name for span in collector.spans] == ["of the child"]
        assert len(feedback_in(collector)) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_forked_children_do_not_share_their_parents_connection_or_counts() -> None:
    with running_collector() as collector:
        ew.init(endpoint=collector.endpoint, interval_s=0.01)
        with ew.span("before"):
            pass
        assert ew.flush(5)
        children = []
        for number in range(4):
            child = os.fork()
            if child == 0:
                for _ in range(10):
                    with ew.span(f"child {number}"):
                        pass
                    ew.flush(5)
                stats = ew.export_stats()
                os._exit(0 if (stats.exported, stats.failed) == (10, 0) else 1)
            children.append(child)
        for _ in range(10):
            with ew.span("parent"):
                pass
            assert ew.flush(5)
        assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0] * 4
        ew.shutdown()
        names = [span.name for span in collector.spans]
    assert sorted(names) == sorted(["before", *["parent"] * 10, *[f"child {n}" for n in range(4) for _ in range(10)]])


def test_feedback_is_counted_beside_spans() -> None:
    with running_collector() as collector:
        collector.answer = lambda seen: Answer(200, {"written": 1})
        ew.init(endpoint=collector.endpoint)
        before = ew.export_stats("feedback")
        ew.feedback(TRACE, name="thumbs", value=True)
        assert ew.flush(5)
        collector.answer = lambda seen: Answer(400, {"title": "no"})
        ew.feedback(TRACE, name="thumbs", value=True)
        assert ew.flush(5)
        now = ew.export_stats("feedback")
        ew.shutdown()
        assert ew.export_stats("feedback").exported == now.exported
    assert (now.exported - before.exported, now.failed - before.failed) == (1, 1)
