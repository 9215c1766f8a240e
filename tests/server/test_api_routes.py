from __future__ import annotations

import gzip
from typing import Any

import pytest
from starlette.testclient import TestClient

from evalwright.domain.span import Span, SpanKind
from evalwright.ports.spans import ScoreQuery
from evalwright.server.deps import Deps

TRACE = "a" * 32


def span(number: int, **changes: Any) -> Span:
    fields: dict[str, Any] = {
        "project": "default",
        "trace_id": TRACE,
        "span_id": f"{number:016x}",
        "parent_span_id": "" if number == 1 else f"{1:016x}",
        "name": f"step {number}",
        "kind": SpanKind.LLM,
        "start_ns": 1_700_000_000_000_000_000 + number,
        "end_ns": 1_700_000_001_000_000_000 + number,
        "session_id": "s/1",
        "input": f"question {number}",
        "output": '{"answer": 42}',
    }
    return Span(**{**fields, **changes})


@pytest.fixture(autouse=True)
def stored(deps: Deps) -> None:
    deps.spans.write_spans([span(number) for number in range(1, 6)])


def ok(answer: Any) -> Any:
    assert answer.status_code < 300, answer.text
    return answer.json()


def test_a_page_leads_to_the_next_until_the_cursor_is_empty(client: TestClient) -> None:
    seen, cursor = [], ""
    while True:
        page = ok(client.get("/api/v1/spans", params={"limit": 2, "cursor": cursor}))
        seen += [each["span_id"] for each in page["items"]]
        cursor = page["next_cursor"]
        if not cursor:
            break
    assert seen == [f"{number:016x}" for number in (5, 4, 3, 2, 1)]


def test_the_span_list_cuts_payloads_unless_asked_for_all(client: TestClient, deps: Deps) -> None:
    deps.spans.write_spans([span(9, project="big", input="x" * 5000)])
    for full, length in (("false", 2000), ("true", 5000)):
        page = ok(client.get("/api/v1/spans", params={"project": "big", "full": full}))
        assert len(page["items"][0]["input"]) == length


def test_a_trace_is_light_and_its_spans_are_full(client: TestClient) -> None:
    tree = ok(client.get(f"/api/v1/traces/{TRACE.upper()}"))
    assert len(tree["nodes"]) == 5
    assert "attributes" not in tree["nodes"][0]
    ids = f"{2:016x},{3:016x}"
    spans = ok(client.get(f"/api/v1/traces/{TRACE}/spans", params={"ids": ids}))["items"]
    assert [each["content"]["input_messages"][0]["parts"][0]["text"] for each in spans] == ["question 2", "question 3"]
    assert ok(client.get(f"/api/v1/traces/{TRACE}/spans/{2:016x}"))["name"] == "step 2"


def test_unknown_things_are_404_with_the_name_in_the_text(client: TestClient) -> None:
    for path in (
        f"traces/{'c' * 32}",
        f"traces/{TRACE}/spans/{'c' * 16}",
        "datasets/zz",
        "experiments/zz",
        "evaluators/zz",
    ):
        answer = client.get(f"/api/v1/{path}")
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"
        assert path.rsplit("/", 1)[-1] in answer.json()["detail"]


def test_a_wrong_filter_says_where(client: TestClient) -> None:
    answer = client.get("/api/v1/traces", params={"filter": "kind ?? 3"})
    assert answer.status_code == 400
    assert answer.json()["type"].endswith("/invalid-filter")
    assert answer.json()["position"] == 0


def test_search_finds_fields_and_says_when_there_was_more(client: TestClient) -> None:
    found = ok(client.get(f"/api/v1/traces/{TRACE}/search", params={"pattern": "question", "limit": 2}))
    assert [match["field"] for match in found["items"]] == ["input", "input"]
    assert found["truncated"] is True


def test_the_preview_holds_the_largest_shares_first(client: TestClient) -> None:
    tree = ok(client.get(f"/api/v1/traces/{TRACE}/preview", params={"limit": 2}))
    assert len(tree["nodes"]) == 2


def test_a_session_shows_its_traces_whatever_its_id_looks_like(client: TestClient) -> None:
    session = ok(client.get("/api/v1/sessions/s/1"))
    assert session["span_count"] == 5
    assert [trace["trace_id"] for trace in session["traces"]] == [TRACE]


def test_aggregates_and_sql_answer_tables(client: TestClient) -> None:
    table = ok(client.post("/api/v1/spans/aggregate", json={"group_by": ["kind"], "metrics": ["count"]}))
    assert table["rows"] == [["LLM", 5]]
    assert ok(client.post("/api/v1/sql", json={"query": "select count(*) as n from spans"}))["rows"] == [[5]]


def test_an_export_streams_every_row_and_a_wrong_filter_is_still_an_error(client: TestClient) -> None:
    answer = client.get("/api/v1/spans/export", params={"limit": 1})
    assert len(answer.text.splitlines()) == 5
    assert "attachment" in answer.headers["content-disposition"]
    assert client.get("/api/v1/spans/export", params={"filter": "?"}).status_code == 400


def test_a_judgement_sent_twice_is_stored_once(client: TestClient) -> None:
    score = {"name": "thumbs", "trace_id": TRACE, "value": True, "source": "user"}
    for value in (True, False):
        assert ok(client.post("/api/v1/scores", json={"scores": [{**score, "value": value}]})) == {"written": 1}
    items = ok(client.get("/api/v1/scores"))["items"]
    assert [(each["type"], each["value"], each["target"]) for each in items] == [("boolean", 0.0, "trace")]


def test_different_annotators_do_not_overwrite_each_other(client: TestClient) -> None:
    scores = [{"name": "ok", "trace_id": TRACE, "value": 1, "annotator": name} for name in ("ann", "bob")]
    ok(client.post("/api/v1/scores", json={"scores": scores}))
    assert len(ok(client.get("/api/v1/scores"))["items"]) == 2


def test_a_score_of_a_span_learns_its_trace_and_session(client: TestClient) -> None:
    ok(client.post("/api/v1/scores", json={"scores": [{"name": "ok", "span_id": f"{2:016X}", "value": 1}]}))
    score = ok(client.get("/api/v1/scores", params={"trace_id": TRACE}))["items"][0]
    assert (score["span_id"], score["session_id"]) == (f"{2:016x}", "s/1")


def test_a_score_about_nothing_or_saying_nothing_is_refused(client: TestClient) -> None:
    for score in (
        {"name": "x", "value": 1},
        {"name": "x", "trace_id": TRACE},
        {"name": "x", "trace_id": "zz", "value": 1},
    ):
        assert client.post("/api/v1/scores", json={"scores": [score]}).status_code == 400


def test_one_wrong_score_stores_none_of_the_batch(client: TestClient) -> None:
    good, bad = {"name": "x", "trace_id": TRACE, "value": 1}, {"name": "x", "value": 1}
    assert client.post("/api/v1/scores", json={"scores": [good, bad]}).status_code == 400
    assert ok(client.get("/api/v1/scores"))["items"] == []


def test_an_unscored_target_keeps_its_reason_and_has_no_value(client: TestClient) -> None:
    score = {"name": "x", "trace_id": TRACE, "status": "unseen", "value": 1, "reason": "no context"}
    ok(client.post("/api/v1/scores", json={"scores": [score]}))
    stored = ok(client.get("/api/v1/scores"))["items"][0]
    assert (stored["value"], stored["reason"]) == (None, "no context")


def test_a_summary_carries_interval_and_all_four_counts(client: TestClient) -> None:
    scores = [{"name": "ok", "session_id": f"s{n}", "value": n < 8, "metadata": {"model": "m"}} for n in range(10)]
    scores += [{"name": "ok", "session_id": "u", "status": "unseen", "reason": "-"}]
    ok(client.post("/api/v1/scores", json={"scores": scores}))
    row = ok(client.get("/api/v1/scores/summary", params={"group_by": "metadata.model"}))["items"]
    by_key = {each["key"]: each for each in row}
    estimate = by_key["m"]["estimate"]
    assert estimate["estimate"] == pytest.approx(0.8)
    assert (round(estimate["low"], 3), round(estimate["high"], 3)) == (0.490, 0.943)  # Wilson, 8 of 10
    assert by_key[""]["estimate"]["denominators"] == {"scored": 0, "skipped": 0, "unseen": 1, "errored": 0}
    assert by_key[""]["estimate"]["estimate"] is None


def test_reliability_is_the_unbiased_pass_hat_k(client: TestClient) -> None:
    scores = [
        {"name": "reward", "session_id": f"{task}-{run}", "value": run < passed, "metadata": {"task": task}}
        for task, passed in (("t1", 8), ("t2", 10))
        for run in range(10)
    ]
    ok(client.post("/api/v1/scores", json={"scores": scores}))
    params = {"name": "reward", "item_key": "metadata.task", "k_max": 3}
    answer = ok(client.get("/api/v1/scores/reliability", params=params))
    assert (answer["items"], answer["trials"]) == (2, 20)
    assert answer["pass_hat"][2]["estimate"]["estimate"] == pytest.approx((0.4666667 + 1) / 2)
    assert answer["pass_at"][2]["estimate"]["estimate"] == pytest.approx(1.0)


def test_reliability_without_an_item_key_is_an_error_not_a_number(client: TestClient) -> None:
    ok(client.post("/api/v1/scores", json={"scores": [{"name": "r", "session_id": "s", "value": 1}]}))
    answer = client.get("/api/v1/scores/reliability", params={"name": "r", "item_key": "metadata.none"})
    assert answer.status_code == 400


def test_items_from_spans_say_where_they_came_from_and_leave_expected_open(client: TestClient) -> None:
    ok(client.post("/api/v1/datasets", json={"name": "golden"}))
    body = {"from_spans": {"filter": 'name in ("step 2", "step 3")', "limit": 10}}
    made = ok(client.post("/api/v1/datasets/golden/items", json=body))
    assert (made["version"], made["item_count"]) == (1, 2)
    assert (made["given"], made["added"], made["more"]) == (2, 2, False)
    item = ok(client.get("/api/v1/datasets/golden/items"))["items"][-1]
    assert item["input"] == [{"role": "user", "content": "question 2"}]
    assert item["expected"] is None
    assert item["metadata"]["recorded_output"] == {"answer": 42}
    assert (item["source_trace_id"], item["source_span_id"]) == (TRACE, f"{2:016x}")


def test_items_from_spans_say_what_became_of_each_span_and_that_more_match(client: TestClient) -> None:
    ok(client.post("/api/v1/datasets", json={"name": "golden"}))
    path, filter = "/api/v1/datasets/golden/items", 'name in ("step 2", "step 3")'
    first = ok(client.post(path, json={"from_spans": {"filter": filter, "limit": 1}}))
    assert (first["given"], first["added"], first["more"]) == (1, 1, True)
    second = ok(client.post(path, json={"from_spans": {"filter": filter, "limit": 10}}))
    assert (second["given"], second["added"], second["unchanged"], second["more"]) == (2, 1, 1, False)


def test_items_need_exactly_one_source(client: TestClient) -> None:
    ok(client.post("/api/v1/datasets", json={"name": "golden"}))
    for body in ({}, {"items": [], "from_spans": {}}):
        assert client.post("/api/v1/datasets/golden/items", json=body).status_code == 422


def test_a_taken_dataset_name_is_409_unless_that_is_fine(client: TestClient) -> None:
    first = ok(client.post("/api/v1/datasets", json={"name": "golden"}))
    assert client.post("/api/v1/datasets", json={"name": "golden"}).status_code == 409
    assert ok(client.post("/api/v1/datasets", json={"name": "golden", "exist_ok": True}))["id"] == first["id"]


def test_items_can_be_removed_and_old_versions_stay(client: TestClient) -> None:
    ok(client.post("/api/v1/datasets", json={"name": "golden"}))
    items = [{"key": key, "input": key, "split": "test"} for key in ("a", "b")]
    ok(client.post("/api/v1/datasets/golden/items", json={"items": items}))
    made = ok(client.request("DELETE", "/api/v1/datasets/golden/items", json={"keys": ["a"]}))
    assert (made["version"], made["item_count"]) == (2, 1)
    old = ok(client.get("/api/v1/datasets/golden/items", params={"version": 1, "split": "test"}))
    assert [item["key"] for item in old["items"]] == ["a", "b"]
    assert client.delete("/api/v1/datasets/golden").status_code == 204
    assert client.get("/api/v1/datasets/golden").status_code == 404


def run_experiment(client: TestClient, name: str, passed: int) -> None:
    ok(client.post("/api/v1/datasets", json={"name": "golden", "exist_ok": True}))
    keys = [f"i{n:02}" for n in range(30)]
    ok(client.post("/api/v1/datasets/golden/items", json={"items": [{"key": key, "input": key} for key in keys]}))
    items = {each["key"]: each["id"] for each in ok(client.get("/api/v1/datasets/golden/items"))["items"]}
    ok(client.post("/api/v1/experiments", json={"name": name, "dataset": "golden", "trials": 2}))
    trials = [
        {
            "item_id": items[key],
            "item_key": key,
            "index": index,
            "latency_ms": 100,
            "scores": {"correct": {"value": number < passed, "evaluator": "correct"}},
        }
        for number, key in enumerate(keys)
        for index in range(2)
    ]
    for _ in range(2):
        stored = ok(client.post(f"/api/v1/experiments/{name}/trials", json={"trials": trials}))
        assert stored == {"written": 60, "completed": 60}
    assert ok(client.post(f"/api/v1/experiments/{name}/finish", json={}))["status"] == "finished"


def test_two_experiments_compare_and_gate_with_their_evidence(client: TestClient) -> None:
    run_experiment(client, "base", 28)
    run_experiment(client, "cand", 10)
    shown = ok(client.get("/api/v1/experiments/base"))
    metrics = {each["metric"]: each["estimate"] for each in shown["metrics"]}
    assert metrics["correct"]["estimate"] == pytest.approx(28 / 30)
    assert metrics["correct"]["n_effective"] <= 30.0
    trial = ok(client.get("/api/v1/experiments/base/trials", params={"limit": 1}))["items"][0]
    told = {"type": "boolean", "value": 1.0, "label": "", "status": "scored", "explanation": ""}
    assert trial["scores"]["correct"] == told

    of_item = ok(client.get("/api/v1/experiments/base/trials", params={"item": trial["item_key"]}))["items"]
    assert [(each["item_key"], each["index"]) for each in of_item] == [(trial["item_key"], 0), (trial["item_key"], 1)]

    params = {"baseline": "base", "candidate": "cand", "limit": 20}
    compared = ok(client.get("/api/v1/experiments/compare", params=params))
    metric = next(each for each in compared["metrics"] if each["metric"] == "correct")
    assert metric["difference"]["estimate"] == pytest.approx(-18 / 30)
    assert metric["difference"]["high"] < 0
    assert len(metric["regressed"]) == 18
    assert (len(compared["rows"]), compared["next_cursor"]) == (20, "20")
    assert compared["rows"][0]["baseline"]["correct"]["n"] == 2
    rest = ok(client.get("/api/v1/experiments/compare", params={**params, "cursor": "20"}))
    assert (len(rest["rows"]), rest["next_cursor"]) == (10, "")

    criteria = [{"metric": "correct", "margin": 0.03}]
    failed = ok(client.post("/api/v1/gate/check", json={"baseline": "base", "candidate": "cand", "criteria": criteria}))
    assert failed["verdict"] == "fail"
    alone = {"candidate": "base", "criteria": [{"metric": "correct", "min": 0.5}]}
    assert ok(client.post("/api/v1/gate/check", json=alone))["verdict"] == "pass"


def test_a_gate_on_a_metric_that_is_not_there_says_which_are(client: TestClient) -> None:
    run_experiment(client, "base", 28)
    body = {"candidate": "base", "criteria": [{"metric": "corect", "min": 0.5}]}
    answer = client.post("/api/v1/gate/check", json=body)
    assert answer.status_code == 400
    assert "correct" in answer.json()["hint"]


def test_an_evaluator_is_listed_with_counts_and_mean(client: TestClient) -> None:
    spec = {"name": "cites", "version": "v1", "kind": "code", "target": "trace", "type": "boolean"}
    for version in ("v1", "v2", "v2"):
        ok(client.post("/api/v1/evaluators", json={**spec, "version": version}))
    scores = [{"name": "cites", "session_id": f"s{n}", "value": n > 0, "evaluator": "cites"} for n in range(4)]
    ok(client.post("/api/v1/scores", json={"scores": scores}))
    row = ok(client.get("/api/v1/evaluators"))["items"][0]
    assert (row["versions"], row["denominators"]["scored"]) == (2, 4)
    assert row["estimate"]["estimate"] == pytest.approx(0.75)
    shown = ok(client.get("/api/v1/evaluators/cites"))
    assert [each["version"] for each in shown["history"]] == ["v2", "v1"]


def test_a_large_answer_is_gzipped_for_who_takes_it(client: TestClient, deps: Deps) -> None:
    deps.spans.write_spans([span(number, project="big") for number in range(1, 600)])
    params = {"project": "big", "limit": 500}
    packed = client.get("/api/v1/spans", params=params, headers={"accept-encoding": "gzip"})
    plain = client.get("/api/v1/spans", params=params, headers={"accept-encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) < len(plain.content) / 5
    assert packed.content == plain.content
    assert gzip.compress(b"")[:2] != plain.content[:2]


def test_status_and_doors_for_machines(client: TestClient) -> None:
    status = ok(client.get("/api/v1/status"))
    assert status["intake"]["accepted_spans"] == 3
    assert status["spans"] == 5
    assert client.get("/healthz").text == "ok\n"
    assert client.get("/readyz").text == "ready\n"
    text = client.get("/metrics").text
    assert "evalwright_intake_accepted_spans_total 3" in text
    assert 'route="/api/v1/status"' in text


def test_readyz_is_503_while_intake_refuses(build_deps: Any, open_client: Any) -> None:
    answer = open_client(build_deps(accepts=lambda: False)).get("/readyz")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"


def test_of_two_verdicts_in_one_request_the_later_one_is_the_newer(client: TestClient, deps: Deps) -> None:
    verdicts = [
        {"name": "tone", "trace_id": TRACE, "value": n, "evaluator": "judge", "evaluator_version": version}
        for n, version in enumerate(["zz", "aa", "mm"])
    ]
    assert ok(client.post("/api/v1/scores", json={"scores": verdicts})) == {"written": 3}
    stored = deps.spans.list_scores(ScoreQuery(project="default", name="tone")).items
    assert [score.evaluator_version for score in stored] == ["mm", "aa", "zz"]
    assert len({score.created_ns for score in stored}) == 3


def test_nodes_of_a_trace_say_words_wherever_they_are_read(client: TestClient, deps: Deps) -> None:
    asked = '[{"role": "user", "content": "Where is my order?\\nIt is late."}]'
    deps.spans.write_spans([span(1, trace_id="b" * 32, input=asked, output='{"answer": "On its way."}')])
    path = f"/api/v1/traces/{'b' * 32}"
    expected = ("Where is my order?\nIt is late.", "On its way.")
    for nodes in (ok(client.get(path))["nodes"], ok(client.get(f"{path}/preview"))["nodes"]):
        assert [(node["input_preview"], node["output_preview"]) for node in nodes] == [expected]
    outline = ok(client.get(f"{path}/outline"))
    assert (outline["input_previews"], outline["output_previews"]) == ([expected[0]], [expected[1]])
    (listed,) = [each for each in ok(client.get("/api/v1/traces"))["items"] if each["trace_id"] == "b" * 32]
    assert (listed["input_preview"], listed["output_preview"]) == expected
