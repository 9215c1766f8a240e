"""The clients over real HTTP: what they send, how they read answers and errors, when they try again."""

from __future__ import annotations

import asyncio
import dataclasses
import inspect
import math
from collections.abc import Iterator
from pathlib import Path

import pytest
from collector import Answer, Collector, Seen, running_collector
from live_server import LiveServer, running_server

from evalwright.domain import errors
from evalwright.domain.estimate import Estimate
from evalwright.domain.evaluator import EvaluatorKind, EvaluatorSpec
from evalwright.domain.score import ScoreSource, ScoreType, Target
from evalwright.domain.span import Span, SpanKind
from evalwright.domain.trace import SpanNode
from evalwright.sdk import AsyncClient, Client, calibration_calls, calls, feedback
from evalwright.sdk.decode import parse_time, read
from evalwright.sdk.retries import Retries
from evalwright.server import wire

QUICK = Retries(attempts=3, first_wait_s=0.001)


@pytest.fixture
def collector() -> Iterator[Collector]:
    with running_collector() as running:
        yield running


@pytest.fixture
def client(collector: Collector) -> Iterator[Client]:
    with Client(endpoint=collector.endpoint, api_key="ew_secret", project="support", retries=QUICK) as made:
        yield made


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with running_server(tmp_path_factory.mktemp("server")) as running:
        yield running


EMPTY_PAGE = Answer(body={"items": [], "next_cursor": ""})


def test_a_request_carries_key_project_and_parameters(collector: Collector, client: Client) -> None:
    collector.answer = lambda seen: EMPTY_PAGE
    client.list_traces(filter='kind == "LLM"', limit=5)
    seen = collector.seen[0]
    assert (seen.method, seen.path) == ("GET", "/api/v1/traces")
    assert seen.query == {"project": "support", "filter": 'kind == "LLM"', "limit": "5"}
    assert seen.headers["authorization"] == "Bearer ew_secret"


def test_names_in_paths_are_quoted(collector: Collector, client: Client) -> None:
    collector.answer = lambda seen: Answer(204)
    client.delete_dataset("50 % off?#../x")
    assert collector.seen[0].path == "/api/v1/datasets/50%20%25%20off%3F%23..%2Fx"


def test_pages_are_followed_to_the_end(collector: Collector, client: Client) -> None:
    def answer(seen: Seen) -> Answer:
        page = int(seen.query.get("cursor", "0"))
        items = [{"id": f"ds_{page}", "project": "support", "name": f"d{page}"}]
        return Answer(body={"items": items, "next_cursor": str(page + 1) if page < 2 else ""})

    collector.answer = answer
    assert [dataset.name for dataset in client.iterate(client.list_datasets)] == ["d0", "d1", "d2"]


def test_a_write_is_tried_again_under_the_same_key(collector: Collector, client: Client) -> None:
    collector.answer = lambda seen: Answer(503) if len(collector.seen) < 2 else Answer(body={"written": 1})
    assert client.write_scores([{"name": "thumbs", "trace_id": "a" * 32, "value": True}]) == 1
    keys = [seen.headers["idempotency-key"] for seen in collector.seen]
    assert len(keys) == 3
    assert len(set(keys)) == 1


def test_patience_ends_and_says_what_the_server_said(collector: Collector, client: Client) -> None:
    body = {
        "type": "https://evalwright.dev/errors/store-unavailable",
        "detail": "the disk is full",
        "hint": "free some",
    }
    collector.answer = lambda seen: Answer(503, body)
    with pytest.raises(errors.StoreUnavailable, match="the disk is full") as caught:
        client.list_traces()
    assert caught.value.hint == "free some"
    assert len(collector.seen) == 4


def test_a_server_that_wants_a_long_wait_is_not_waited_for(collector: Collector, client: Client) -> None:
    collector.answer = lambda seen: Answer(429, headers={"retry-after": "3600"})
    with pytest.raises(errors.RateLimited) as caught:
        client.list_traces()
    assert (caught.value.retry_after_s, len(collector.seen)) == (3600.0, 1)


@pytest.mark.parametrize(
    "cls",
    [each for each in vars(errors).values() if inspect.isclass(each) and issubclass(each, errors.EvalwrightError)],
)
def test_every_error_of_the_domain_comes_back_as_itself(
    collector: Collector, client: Client, cls: type[errors.EvalwrightError]
) -> None:
    body = {"type": f"https://evalwright.dev/errors/{cls.code}", "detail": "because", "position": 3, "length": 2}
    collector.answer = lambda seen: Answer(cls.status, body)
    with pytest.raises(cls) as caught:
        client.get_dataset("x")
    assert type(caught.value) is cls
    assert caught.value.message == "because"


@pytest.mark.parametrize("body", [b"", b"<html>Bad Gateway</html>", b"[1]", b'"x"', b"\xff"])
def test_an_error_that_is_not_ours_is_still_an_error(collector: Collector, client: Client, body: bytes) -> None:
    collector.answer = lambda seen: Answer(418, body)
    with pytest.raises(errors.InvalidInput, match="418"):
        client.get_dataset("x")


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'{"items": 3}', b'{"id": {}}'])
def test_an_answer_of_another_shape_is_an_error_with_advice(collector: Collector, client: Client, body: bytes) -> None:
    collector.answer = lambda seen: Answer(200, body)
    with pytest.raises(errors.EvalwrightError):
        client.get_dataset("x")


@pytest.mark.parametrize("value", [float("nan"), "lone \ud800", object(), {1, 2}])
def test_what_is_no_json_is_refused_before_it_is_sent(collector: Collector, client: Client, value: object) -> None:
    with pytest.raises(errors.InvalidInput, match="cannot be sent as JSON"):
        client.add_items("golden", [{"input": value}])
    assert not collector.seen


def test_no_server_is_an_error_that_says_how_to_start_one() -> None:
    refused = pytest.raises(errors.StoreUnavailable, match="cannot be reached")
    with Client(endpoint="http://127.0.0.1:9", retries=QUICK) as client, refused as caught:
        client.list_projects()
    assert "evalwright serve" in caught.value.hint


@pytest.mark.parametrize("endpoint", ["nonsense", "ftp://x", "http://"])
def test_an_address_that_is_none_is_refused(endpoint: str) -> None:
    with pytest.raises(errors.InvalidInput, match="not the address"):
        Client(endpoint=endpoint)


def test_the_environment_says_where_and_who(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVALWRIGHT_ENDPOINT", "https://evals.example/")
    monkeypatch.setenv("EVALWRIGHT_API_KEY", "ew_env")
    monkeypatch.setenv("EVALWRIGHT_PROJECT", "mine")
    with Client() as client:
        held = client.connection
    assert (held.endpoint, held.api_key, held.project) == ("https://evals.example", "ew_env", "mine")
    assert "ew_env" not in repr(held)


def test_both_clients_have_every_call() -> None:
    built = {
        name
        for module in (calls, calibration_calls)
        for name, each in vars(module).items()
        if inspect.isfunction(each) and each.__module__ == module.__name__ and not name.startswith("_")
    }
    assert {"list_traces", "calibrate", "corrected_mean"} <= built
    for client in (Client, AsyncClient):
        assert built <= set(dir(client))


def test_the_async_client_does_the_same(collector: Collector) -> None:
    collector.answer = lambda seen: Answer(503) if len(collector.seen) < 1 else EMPTY_PAGE

    async def use() -> list[object]:
        async with AsyncClient(endpoint=collector.endpoint, project="p", retries=QUICK) as client:
            return [each async for each in client.iterate(client.list_datasets)]

    assert asyncio.run(use()) == []
    assert len(collector.seen) == 2


@pytest.mark.parametrize("cls", [Span, SpanNode, Estimate])
def test_what_the_server_writes_is_what_the_client_reads(cls: type) -> None:
    examples: dict[type, object] = {
        Span: Span(
            project="p",
            trace_id="a" * 32,
            span_id="b" * 16,
            kind=SpanKind.LLM,
            start_ns=1_700_000_000_123_456_789,
            end_ns=1_700_000_001_000_000_000,
            tags=("x",),
            attributes={"k": [1]},
        ),
        Estimate: Estimate(estimate=0.5, low=0.25, high=0.75, n=3, warnings=("few",)),
    }
    value = examples.get(cls)
    if value is None:
        value = _minimal_node()
    assert read(cls, wire.decode(wire.encode(value))) == value


def _minimal_node() -> SpanNode:
    given = {"start_ns": 5, "end_ns": 1_500_005, "duration_ns": 1_500_000, "flags": ("merged",), "cost": None}
    texts = {field.name: "" for field in dataclasses.fields(SpanNode) if field.type == "str"}
    enums = {"kind": SpanKind.TOOL, "status": "OK", "cost_source": ""}
    fields = {**texts, **given, **enums, "input_tokens": 1, "output_tokens": None, "usage_rollup": False}
    return read(SpanNode, wire.decode(wire.encode(SpanNode(**fields))))


def test_a_number_that_is_none_is_read_as_not_a_number() -> None:
    unknown = read(Estimate, {"estimate": None, "low": None, "high": None})
    assert math.isnan(unknown.estimate)
    assert math.isnan(unknown.low)


def test_times_keep_their_nanoseconds() -> None:
    assert parse_time("2026-02-01T10:00:00.000000001Z") == 1_769_940_000_000_000_001
    assert parse_time("") == parse_time(None) == 0


def test_datasets_and_experiments_over_the_real_server(server: LiveServer, tmp_path: Path) -> None:
    with Client(endpoint=server.endpoint, project="journey") as client:
        made = client.create_dataset("golden", description="d")
        assert client.create_dataset("golden", exist_ok=True) == made
        grown = client.add_items("golden", [{"key": f"k{n}", "input": n, "expected": {"n": n}} for n in range(3)])
        assert (grown.version, grown.item_count) == (1, 3)
        items = list(client.iterate(client.list_items, "golden", limit=2))
        assert [item.expected for item in items] == [{"n": 0}, {"n": 1}, {"n": 2}]
        assert client.remove_items("golden", ["k1"]).item_count == 2
        run = client.create_experiment("run", dataset="golden", dataset_version=1, trials=2, evaluators={"e": "v"})
        trial = {"item_id": items[0].id, "item_key": "k0", "index": 0, "output": "x", "scores": {"e": {"value": True}}}
        assert client.add_trials("run", [trial]) == 1
        (stored,) = client.list_trials("run").items
        assert (stored.output, stored.scores["e"].value) == ("x", 1.0)
        assert client.finish_experiment("run").status == "finished"
        detail = client.get_experiment(run.id)
        assert detail.metrics[0].metric
        spec = EvaluatorSpec(
            name="e", version="v", kind=EvaluatorKind.CODE, target=Target.TRIAL, type=ScoreType.BOOLEAN
        )
        assert client.register_evaluator(spec).spec == spec
        assert [each.spec.name for each in client.list_evaluators().items] == ["e"]
        with pytest.raises(errors.Conflict, match="'run'"):
            client.delete_dataset("golden")
        client.delete_experiment("run")
        client.delete_dataset("golden")


def test_feedback_is_a_score_of_the_user(server: LiveServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVALWRIGHT_ENDPOINT", server.endpoint)
    monkeypatch.setenv("EVALWRIGHT_PROJECT", "feedback")
    assert feedback("a" * 32, name="thumbs", value=False, comment="not what I asked", user="ada", wait=True)
    assert feedback("a" * 32, name="thumbs", value=True, user="ada", wait=True)
    with Client() as client:
        (score,) = client.list_scores(name="thumbs").items
    assert (score.source, score.value, score.annotator) == (ScoreSource.USER, 1.0, "ada")


def test_feedback_never_raises_for_a_server_that_is_away_or_refuses(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EVALWRIGHT_ENDPOINT", collector.endpoint)
    collector.answer = lambda seen: Answer(403)
    assert not feedback("a" * 32, name="thumbs", value=1.0, wait=True)
    monkeypatch.setenv("EVALWRIGHT_ENDPOINT", "http://127.0.0.1:9")
    assert not feedback("a" * 32, name="thumbs", value="good", wait=True)


def test_feedback_about_nothing_is_refused() -> None:
    with pytest.raises(errors.InvalidInput, match="no current trace"):
        feedback(name="thumbs", value=True)
