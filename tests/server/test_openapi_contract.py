"""Random requests made from the description itself: whatever is sent, the server answers, and never with a 500."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from evalwright.server.app import create_app
from evalwright.server.openapi import main as print_openapi

_SPEC = importlib.util.spec_from_file_location("server_conftest", Path(__file__).with_name("conftest.py"))
assert _SPEC
assert _SPEC.loader
_CONFTEST = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_CONFTEST)

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
schema = schemathesis.openapi.from_asgi("/api/openapi.json", create_app(_CONFTEST.make_deps(any_host=True)))


@pytest.mark.slow
@schema.parametrize()
@settings(max_examples=10, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_no_request_is_answered_with_a_fault_or_with_what_is_not_described(case: Any) -> None:
    case.call_and_validate(checks=CHECKS)


def test_every_operation_has_a_name_a_summary_and_a_typed_answer() -> None:
    document = create_app(_CONFTEST.make_deps()).openapi()
    assert document["openapi"].startswith("3.1")
    names = []
    for path, operations in document["paths"].items():
        for operation in operations.values():
            names.append(operation["operationId"])
            assert operation["description"], path
            answers = [operation["responses"][code] for code in ("200", "201", "204") if code in operation["responses"]]
            typed = any("$ref" in json.dumps(answer) for answer in answers)
            assert typed or "204" in operation["responses"] or path.endswith("/export"), path
            assert "4XX" in operation["responses"], path
    assert len(names) == len(set(names))


def test_the_description_can_be_printed_without_any_store(capsys: pytest.CaptureFixture[str]) -> None:
    print_openapi()
    assert json.loads(capsys.readouterr().out)["info"]["title"] == "Evalwright"
