from __future__ import annotations

import json
import math
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalwright.domain.estimate import Estimate, decimals_of, render


def _estimate(estimate: float, low: float, high: float, **more: object) -> Estimate:
    return Estimate(estimate=estimate, low=low, high=high, n=200, **more)


@pytest.mark.parametrize(
    ("estimate", "text"),
    [
        (_estimate(0.8351, 0.7778, 0.8866), "0.84 [0.78, 0.89] n=200"),
        (_estimate(0.8351, 0.7778, 0.8866, unit="percent"), "84% [78%, 89%] n=200"),
        (_estimate(1234.5, 910.0, 1559.0, unit="ms"), "1,200 ms [900, 1,600] n=200"),
        (_estimate(0.00421, 0.0038, 0.0046, unit="usd"), "$0.0042 [$0.0038, $0.0046] n=200"),
        (_estimate(0.5, 0.1, 0.9, level=0.9), "0.5 [0.1, 0.9] at 90% n=200"),
        (_estimate(math.nan, math.nan, math.nan), "n/a (n=200)"),
        (_estimate(7.0, math.nan, math.nan), "7.00 [n/a] n=200"),
        (_estimate(3.0, 3.0, 3.0), "3.00 [3.00, 3.00] n=200"),
        (_estimate(-0.001, -0.06, 0.06), "0.00 [-0.06, 0.06] n=200"),
    ],
)
def test_an_estimate_is_written_the_same_way_everywhere(estimate: Estimate, text: str) -> None:
    assert render(estimate) == text


def test_a_difference_carries_its_sign() -> None:
    assert render(_estimate(0.03, -0.01, 0.07), signed=True) == "+0.03 [-0.01, +0.07] n=200"
    assert render(_estimate(-0.5, -0.9, -0.1, unit="usd"), signed=True) == "-$0.5 [-$0.9, -$0.1] n=200"


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e5))
def test_rounding_never_moves_a_number_by_more_than_a_fifth_of_the_half_width(centre: float, half: float) -> None:
    estimate = _estimate(centre, centre - half, centre + half)
    width = (estimate.high - estimate.low) / 2
    assert 0.5 * 10.0 ** -decimals_of(estimate) <= 0.2 * width * (1 + 1e-9)


@given(st.floats(0, 1), st.floats(0.001, 0.5))
def test_no_number_is_written_to_more_than_two_digits_of_its_half_width(centre: float, half: float) -> None:
    text = render(_estimate(centre, centre - half, centre + half))
    decimals = {len(part) for part in re.findall(r"\.(\d+)", text)}
    assert len(decimals) <= 1
    assert half * 10 ** max(decimals, default=0) < 30


def test_the_web_app_writes_the_same_text() -> None:
    """Its tests read the same file; each case here is one there."""
    file = Path(__file__).parents[2] / "web" / "src" / "ui" / "estimate.cases.json"
    cases = json.loads(file.read_text())
    assert len(cases) > 100
    for case in cases:
        ends = [math.nan if case[key] is None else case[key] for key in ("estimate", "low", "high")]
        found = Estimate(
            estimate=ends[0], low=ends[1], high=ends[2], level=case["level"], n=case["n"], unit=case["unit"]
        )
        assert render(found, signed=case["signed"]) == case["text"]
