from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))

from subjects import only, step, subject

from evalwright.domain.content import Document
from evalwright.domain.errors import InvalidInput
from evalwright.domain.score import ScoreStatus
from evalwright.evaluators import load
from evalwright.evaluators.schema_check import check_schema, violations


def judge(reference: str, *steps: Any, **values: Any) -> Any:
    return asyncio.run(only(load(reference), subject(*steps, **values)))


@pytest.mark.parametrize(
    ("reference", "values", "passes"),
    [
        ("exact_match", {"output": " Yes,  it’s fine ", "expected": "yes, it's fine"}, True),
        ("exact_match:ignore_case=false", {"output": "Yes", "expected": "yes"}, False),
        ("exact_match", {"output": '{"a": 1, "b": 2}', "expected": {"b": 2, "a": 1}}, True),
        ("exact_match", {"output": "no", "expected": "yes"}, False),
        ("contains:text=Oslo", {"output": "in oslo now"}, True),
        ("contains", {"output": "it is 42", "expected": 42}, True),
        ("contains:ignore_case=false,text=Oslo", {"output": "in oslo now"}, False),
        (r"regex_match:pattern=\d{2,4}", {"output": "call 112"}, True),
        (r"regex_match:pattern=^\d+$", {"output": "call 112"}, False),
        ("valid_json", {"output": '{"a": [1]}'}, True),
        ("valid_json", {"output": 'Sure! {"a": [1]}'}, False),
        ('json_schema:schema={"type": "object", "required": ["a"]}', {"output": '{"a": 1}'}, True),
        ('json_schema:schema={"type": "object", "required": ["a"]}', {"output": "{}"}, False),
        ("latency_under:ms=2000", {"latency_ms": 1999.0}, True),
        ("latency_under:ms=2000", {"latency_ms": 2000.0}, False),
        ("tokens_under:n=10", {"total_tokens": 9}, True),
        ("cost_under:usd=0.01", {"cost": 0.02}, False),
        ("output_length:max=5", {"output": "123456"}, False),
        ("output_length", {"output": "   "}, False),
    ],
)
def test_checks_of_values(reference: str, values: dict[str, Any], passes: bool) -> None:
    outcome = judge(reference, **values)
    assert outcome.status is ScoreStatus.SCORED, outcome.reason
    assert outcome.value == float(passes)


def test_an_unknown_cost_is_unseen_never_low() -> None:
    assert judge("cost_under:usd=1", output="x").status is ScoreStatus.UNSEEN


def test_tool_called_counts_the_calls() -> None:
    calls = [step("TOOL", "refund", at=1), step("LLM", at=2), step("TOOL", "refund", at=3)]
    outcome = judge("tool_called:name=refund", *calls)
    assert (outcome.value, outcome.explanation) == (1.0, "refund was called 2 times")
    assert judge("tool_called:name=cancel", *calls).value == 0.0


@pytest.mark.parametrize(
    ("called", "expected"),
    [("abc", 1.0), ("axbyc", 1.0), ("acb", 0.0), ("ab", 0.0), ("cab", 0.0), ("aabc", 1.0)],
)
def test_tool_call_order(called: str, expected: float) -> None:
    steps = [step("TOOL", name, at=place) for place, name in enumerate(called)]
    assert judge("tool_call_order:order=a>b>c", *steps).value == expected


def test_tool_call_order_is_skipped_when_none_of_the_tools_was_called() -> None:
    assert judge("tool_call_order:order=a>b", step("TOOL", "x")).status is ScoreStatus.SKIPPED


def test_a_loop_is_the_same_call_with_the_same_arguments() -> None:
    again = [step("TOOL", "find", given='{"q": 1, "n": 2}', at=1), step("TOOL", "find", given='{"n": 2, "q": 1}', at=2)]
    other = step("TOOL", "find", given='{"q": 2}', at=3)
    assert judge("no_repeated_calls", *again, other).value == 1.0
    outcome = judge("no_repeated_calls:limit=1", *again, other)
    assert outcome.value == 0.0
    assert [e.span_id for e in outcome.evidence] == [s.span.span_id for s in again]


def test_a_tool_error_may_be_repaired_or_admitted_but_not_ignored() -> None:
    broken = step("TOOL", "pay", gave='{"error": "card declined"}', at=1)
    repaired = step("TOOL", "pay", gave='{"ok": true}', at=5)
    assert judge("no_tool_errors_ignored", broken, output="All done!").value == 0.0
    assert judge("no_tool_errors_ignored", broken, output="I could not take the payment.").value == 1.0
    assert judge("no_tool_errors_ignored", broken, repaired, output="All done!").value == 1.0
    assert judge("no_tool_errors_ignored", step("TOOL", "pay", failed=True), output="All done!").value == 0.0
    assert judge("no_tool_errors_ignored", step("TOOL", "pay", gave="ok"), output="Done").status is ScoreStatus.SKIPPED


def test_citations_must_name_what_was_retrieved() -> None:
    documents = (Document(id="refunds.md", content="30 days"), Document(id="seats.md", content="seats"))
    search = step("RETRIEVER", documents=documents)
    assert judge("cites_documents", search, output="30 days [refunds.md], see also [2].").value == 1.0
    wrong = judge("cites_documents", search, output="30 days [billing.md].")
    assert (wrong.value, wrong.explanation) == (0.0, "never retrieved: billing.md")
    assert judge("cites_documents", search, output="30 days.").explanation == "nothing is cited"
    assert judge("cites_documents", step("LLM"), output="[x]").status is ScoreStatus.SKIPPED


def test_an_identifier_must_have_been_seen_before_it_is_used() -> None:
    found = step("TOOL", "list", given="{}", gave='["INV-1042"]', at=1)
    use = step("TOOL", "refund", given='{"id": "INV-1042"}', gave='{"ok": true}', at=2)
    assert judge("ids_grounded", found, use, input="refund me", output="Refunded INV-1042.").value == 1.0
    early = judge("ids_grounded", use, found, input="refund me", output="Refunded INV-1042.")
    assert early.value == 0.0


def test_an_invented_identifier_is_evidence() -> None:
    use = step("TOOL", "refund", given='{"id": "INV-77"}', gave="ok", at=2)
    outcome = judge("ids_grounded", use, input="refund me", output="done")
    assert outcome.value == 0.0
    assert (outcome.evidence[0].quote, outcome.evidence[0].span_id) == ("INV-77", use.span.span_id)
    assert judge("ids_grounded", step("LLM"), input="refund INV-77", output="INV-88 it is").value == 0.0
    assert judge("ids_grounded", step("LLM", system="INV-88"), input="?", output="INV-88 it is").value == 1.0
    assert judge("ids_grounded", step("LLM"), input="hi", output="hello").status is ScoreStatus.SKIPPED


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("latency_under", "needs ms"),
        ("latency_under:ms=fast", "not a float"),
        ("latency_under:s=2", "no parameter 's'"),
        ("regex_match:pattern=(", "no regular expression"),
        ("tool_call_order:order=a", "no order of tools"),
        ('json_schema:schema={"typ": 1}', "'typ' at \\$ is not supported"),
        ("output_length:min=9,max=2", "is over max"),
        ("latency_undr:ms=2", "no evaluator"),
    ],
)
def test_a_wrong_parameter_is_explained(reference: str, message: str) -> None:
    with pytest.raises(Exception, match=message):
        load(reference)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from([0.5, 1.0]) | st.text("ab", max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=6,
)
LEAF = st.one_of(
    st.fixed_dictionaries({"type": st.sampled_from(["string", "integer", "number", "boolean", "null", "array"])}),
    st.fixed_dictionaries({"enum": st.lists(JSON, min_size=1, max_size=3)}),
    st.fixed_dictionaries({"const": JSON}),
    st.fixed_dictionaries({"minimum": st.integers(-3, 3), "exclusiveMaximum": st.integers(-3, 5)}),
    st.fixed_dictionaries({"minLength": st.integers(0, 2), "pattern": st.sampled_from(["^a", "b$"])}),
)
SCHEMA = st.recursive(
    LEAF,
    lambda inner: st.one_of(
        st.fixed_dictionaries(
            {"properties": st.dictionaries(st.sampled_from("ab"), inner), "required": st.just(["a"])}
        ),
        st.fixed_dictionaries({"items": inner, "maxItems": st.integers(0, 3)}),
        st.fixed_dictionaries({"anyOf": st.lists(inner, min_size=1, max_size=2)}),
        st.fixed_dictionaries({"oneOf": st.lists(inner, min_size=1, max_size=2)}),
        st.fixed_dictionaries({"not": inner}),
        st.fixed_dictionaries({"additionalProperties": inner}),
    ),
    max_leaves=4,
)


@settings(deadline=None)
@given(JSON, SCHEMA)
def test_the_schema_check_agrees_with_the_reference_implementation(value: Any, schema: Any) -> None:
    check_schema(schema)
    assert (not violations(value, schema)) == jsonschema.Draft202012Validator(schema).is_valid(value)


def test_a_keyword_that_would_be_ignored_is_refused() -> None:
    with pytest.raises(InvalidInput, match="'patternProperties'"):
        check_schema({"properties": {"a": {"patternProperties": {}}}})
