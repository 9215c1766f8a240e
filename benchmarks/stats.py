"""What the estimators claim, simulated (seeded), and how long a large report takes: measured beside expected."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Iterator

import numpy as np

from evalwright.domain.estimate import Estimate
from evalwright.domain.experiment import Experiment
from evalwright.experiments.comparison import TrialScore, compare
from evalwright.stats import (
    agreement,
    confusion,
    correction,
    correction_pairs,
    drift,
    intervals,
    multiplicity,
    paired,
    power,
    reliability,
    sampling,
    sequential,
)

Row = tuple[str, float, str, bool]
RUNS = 1_000
FEW_RUNS = 400


def main() -> int:
    """Print the table; 1 when a measured number leaves its band."""
    failed = 0
    print(f"{'what':<66} {'measured':>10}  expected")
    sections = (closed_forms, judge_correction, coverage, agreeing, false_alarms, peeking, canaries, speed)
    for section in sections:
        for name, value, expected, good in section(np.random.default_rng(20_240_601)):
            failed += not good
            print(f"{name:<66} {value:>10.4g}  {expected}{'' if good else '   <-- outside'}")
    return 1 if failed else 0


def _band(name: str, value: float, low: float, high: float, quoted: str) -> Row:
    return name, value, quoted, low <= value <= high


def closed_forms(_: np.random.Generator) -> Iterator[Row]:
    naive, unbiased = 0.8**3, reliability.pass_hat_k([8], [10], 3).estimate
    yield _band("pass^3 of 8 in 10, unbiased", unbiased, 0.4666, 0.4667, ".467")
    yield _band("pass^3 of 8 in 10, naive p^k", naive, 0.5119, 0.5121, ".512 (biased)")
    yield _band("items to see .03 at omega^2 1/9", power.items_needed(0.03, omega2=1 / 9), 969, 969, "969")
    yield _band("McNemar p of (176, 43)", paired.mcnemar_exact(176, 43), 0.0, 1e-19, "2.7e-20")


def judge_correction(rng: np.random.Generator) -> Iterator[Row]:
    found: dict[str, list[Estimate]] = {"uncorrected": [], "Rogan-Gladen": [], "PPI++": [], "humans alone": []}
    for _ in range(RUNS):
        y = (rng.random(2_200) < 0.8).astype(float)
        f = np.where(rng.random(y.size) < np.where(y == 1, 0.9, 0.8), y, 1 - y)
        labelled, unlabelled, truth = f[:200], f[200:], y[:200]
        positive = int(truth.sum())
        found["uncorrected"].append(intervals.rate(unlabelled))
        found["Rogan-Gladen"].append(
            correction.rogan_gladen(
                int(unlabelled.sum()),
                unlabelled.size,
                true_positive=int((truth * labelled).sum()),
                positive=positive,
                true_negative=int(((1 - truth) * (1 - labelled)).sum()),
                negative=truth.size - positive,
            )
        )
        found["PPI++"].append(correction.ppi_mean(truth, labelled, unlabelled, unit="ratio"))
        found["humans alone"].append(intervals.rate(truth))
    quoted = {
        "uncorrected": (0.0, 0.04, "1 %", 0.0, 0.1, ""),
        "Rogan-Gladen": (0.93, 0.98, "95 %", 0.135, 0.16, ".147"),
        "PPI++": (0.92, 0.97, "94 %", 0.08, 0.095, ".086"),
        "humans alone": (0.93, 0.98, "96 %", 0.105, 0.115, ".110"),
    }
    for name, estimates in found.items():
        low, high, text, narrow, wide, width = quoted[name]
        yield _band(f"judge Se .9 Sp .8, truth .8: coverage, {name}", _coverage(estimates, 0.8), low, high, text)
        if width:
            yield _band(f"    width, {name}", float(np.mean([e.high - e.low for e in estimates])), narrow, wide, width)
    few = []
    for _ in range(RUNS):
        y = (rng.random(1_100) < 0.95).astype(float)
        f = np.where(rng.random(y.size) < np.where(y == 1, 0.9, 0.8), y, 1 - y)
        few.append(correction.ppi_mean(y[:100], f[:100], f[100:], unit="ratio"))
    yield _band("PPI++ with 100 labels at p = .95 (warned about)", _coverage(few, 0.95), 0.84, 0.93, "89 %: too low")
    differences = [_corrected_difference(rng) for _ in range(RUNS)]
    yield _band(
        "difference, judge off on one side: coverage, paired PPI++", _coverage(differences, 0.5), 0.93, 0.98, "95 %"
    )


def _corrected_difference(rng: np.random.Generator) -> Estimate:
    """Numbers of a judge that likes the candidate by .3 too much; 60 of 300 items labelled on each side."""
    items, truth = [str(n) for n in range(300)], rng.normal(5.0, 1.0, 300)
    sides = []
    for effect, bias in ((0.0, 0.0), (0.5, 0.3)):
        values = truth + effect + rng.normal(0.0, 0.5, truth.size)
        said = np.where(rng.permutation(truth.size) < 60, values, np.nan)
        judged = values + bias + rng.normal(0.0, 0.5, truth.size)
        sides.append(correction_pairs.JudgedSide(items=items, judged=judged, truth=said))
    return correction_pairs.ppi_difference(sides[0], sides[1])


def _coverage(estimates: list[Estimate], truth: float) -> float:
    return float(np.mean([each.low <= truth <= each.high for each in estimates]))


def coverage(rng: np.random.Generator) -> Iterator[Row]:
    def clustered() -> Estimate:
        p = rng.beta(4, 1, size=40)
        return intervals.rate((rng.random((40, 5)) < p[:, None]).astype(float).ravel(), np.repeat(np.arange(40), 5))

    def naive() -> Estimate:
        p = rng.beta(4, 1, size=40)
        return intervals.rate((rng.random((40, 5)) < p[:, None]).astype(float).ravel())

    def sampled() -> Estimate:
        y = (rng.random(3_000) < 0.3).astype(float)
        pi = np.where(y == 1, 0.2, 0.05)
        kept = rng.random(y.size) < pi
        return sampling.hajek(y[kept], pi[kept])

    def differences() -> Estimate:
        a = (rng.random(200) < 0.9).astype(float)
        return paired.paired_rate_difference(a, (rng.random(200) < 0.85).astype(float))

    def few() -> Estimate:
        return intervals.wilson(int(rng.binomial(10, 0.95)), 10)

    cases: list[tuple[str, Callable[[], Estimate], float, float, float, str]] = [
        ("5 trials of 40 items, clustered by item", clustered, 0.8, 0.93, 0.98, "95 %"),
        ("    the same, trials taken for independent", naive, 0.8, 0.6, 0.93, "too low"),
        ("traffic sampled at 5 and 20 %, Hajek", sampled, 0.3, 0.93, 0.98, "95 %"),
        ("paired difference of 200 pass/fail items", differences, -0.05, 0.93, 0.985, "95 %"),
        ("10 items at .95, Wilson", few, 0.95, 0.88, 1.0, "91 % (discrete)"),
    ]
    for name, draw, truth, low, high, text in cases:
        yield _band(f"coverage: {name}", _coverage([draw() for _ in range(RUNS)], truth), low, high, text)


def agreeing(rng: np.random.Generator) -> Iterator[Row]:
    def labels(n: int, share: float) -> tuple[np.ndarray, np.ndarray]:
        truth = rng.integers(0, 2, n)
        return truth, np.where(rng.random(n) < share, truth, 1 - truth)

    def kappa() -> Estimate:
        return confusion.cohen_kappa(confusion.confusion(*labels(200, 0.85)), rng, resamples=500)

    def alpha() -> Estimate:
        return agreement.krippendorff_alpha(np.stack(labels(200, 0.85), 1).tolist(), rng, resamples=500)

    def bca() -> Estimate:
        return paired.bca_bootstrap(rng.exponential(1.0, 60), rng, resamples=500)

    for name, draw in (("Cohen's kappa .70", kappa), ("Krippendorff's alpha .70", alpha)):
        found = _coverage([draw() for _ in range(FEW_RUNS)], 0.7)
        yield _band(f"coverage: {name}, 200 items", found, 0.92, 0.98, "95 %")
    skewed = _coverage([bca() for _ in range(FEW_RUNS)], 1.0)
    yield _band("coverage: mean of 60 skewed values, BCa bootstrap", skewed, 0.89, 0.97, "93 % (60 is few)")


def false_alarms(rng: np.random.Generator) -> Iterator[Row]:
    def sides() -> tuple[np.ndarray, np.ndarray]:
        return (rng.random(150) < 0.8).astype(float), (rng.random(150) < 0.8).astype(float)

    tests: list[tuple[str, Callable[[], float]]] = [
        ("exact McNemar of equal systems", lambda: paired.mcnemar_exact(*paired.discordant_pairs(*sides()))),
        ("sign-flip of heavy-tailed clusters", lambda: _flipped(rng)),
        ("Kolmogorov-Smirnov, nothing moved", lambda: _p(drift.kolmogorov_smirnov(*rng.normal(size=(2, 200))))),
        ("chi-square of labels, nothing moved", lambda: _p(drift.chi_square(*rng.integers(0, 4, (2, 200))))),
        (
            "embeddings by MMD, nothing moved",
            lambda: _p(drift.maximum_mean_discrepancy(*rng.normal(size=(2, 40, 8)), rng, permutations=199)),
        ),
    ]
    for name, draw in tests:
        rate = float(np.mean([draw() < 0.05 for _ in range(FEW_RUNS)]))
        yield _band(f"false alarms: {name}", rate, 0.0, 0.075, "at most 5 %")
    shares, raw = [], 0
    for _ in range(RUNS):
        p = np.concatenate([rng.random(15), rng.random(5) ** 8])
        found = multiplicity.benjamini_hochberg(p) <= 0.05
        shares.append(found[:15].sum() / max(1, found.sum()))
        raw += bool((p[:15] <= 0.05).any())
    yield _band("20 metrics, 5 moved: any of the 15 others called so, raw", raw / RUNS, 0.4, 0.65, "54 %")
    yield _band("    share of discoveries that are false, after BH", float(np.mean(shares)), 0.0, 0.05, "at most 5 %")
    means = [sequential.mean_sequence(rng.beta(4, 1, 2_000)) for _ in range(FEW_RUNS)]
    missed = np.mean([bool(np.any((low > 0.8) | (high < 0.8))) for low, high in means])
    yield _band("mean of [0, 1] scores watched 2,000 times: misses", float(missed), 0.0, 0.05, "at most 5 %")


def _p(test: drift.DriftTest) -> float:
    return test.p_value


def _flipped(rng: np.random.Generator) -> float:
    clusters = np.repeat(np.arange(30), 4)
    return paired.sign_flip_test(
        rng.laplace(size=30)[clusters] + rng.laplace(size=120), rng, clusters, permutations=499
    )


def peeking(rng: np.random.Generator) -> Iterator[Row]:
    looks = np.unique(np.geomspace(20, 6_000, 60).astype(int))
    totals = np.cumsum(rng.random((RUNS, 6_000)) < 0.9, axis=1)[:, looks - 1]
    low, high = sequential.rate_sequence(totals, np.broadcast_to(looks, totals.shape))
    p = totals / looks
    ratio = 1.959964**2 / looks
    centre = (p + ratio / 2) / (1 + ratio)
    half = np.sqrt(ratio * (p * (1 - p) + ratio / 4)) / (1 + ratio)
    fixed = np.mean(np.any(np.abs(0.9 - centre) > half, axis=1))
    watched = np.mean(np.any((low > 0.9) | (high < 0.9), axis=1))
    yield _band("60 looks: fixed Wilson misses the truth at least once", float(fixed), 0.3, 0.5, "42 %")
    yield _band("60 looks: confidence sequence misses at least once", float(watched), 0.0, 0.05, "at most 5 %")


def canaries(rng: np.random.Generator) -> Iterator[Row]:
    def arms(p: float, q: float) -> tuple[np.ndarray, np.ndarray]:
        shape = (RUNS, 2_000)
        return (rng.random(shape) < p).astype(float), (rng.random(shape) < q).astype(float)

    a, b = arms(0.9, 0.82)
    reached = sequential.log_wealth(a - b) >= math.log(20)
    when = np.where(reached.any(axis=1), reached.argmax(axis=1) + 1, reached.shape[1])
    yield _band(
        "canary 90 -> 82 %: median pairs until it is found", float(np.median(when)), 100, 292, "~280; fixed n 292"
    )
    a, b = arms(0.9, 0.87)
    false_alarm = np.mean(np.any(sequential.log_wealth((a - b - 0.03) / 1.03) >= math.log(20), axis=1))
    yield _band("canary exactly at its margin: false alarms", float(false_alarm), 0.0, 0.06, "at most 5 %")


def speed(rng: np.random.Generator) -> Iterator[Row]:
    truth = rng.integers(0, 5, 10_000)
    judged = np.where(rng.random(10_000) < 0.8, truth, rng.integers(0, 5, 10_000))
    third = np.where(rng.random(10_000) < 0.9, truth, rng.integers(0, 5, 10_000))
    started = time.perf_counter()
    confusion.agreement_report(truth, judged, rng, weights="quadratic", resamples=1_000)
    agreement.krippendorff_alpha(np.stack([truth, judged, third], 1).tolist(), rng, scale="ordinal", resamples=1_000)
    yield _band("calibration report: 10,000 rows, 1,000 resamples, s", time.perf_counter() - started, 0.0, 3.0, "< 3")
    run = Experiment(id="a", project="p", name="a", dataset_id="d", dataset_name="d", dataset_version=1, trials=3)
    sides = [
        [
            TrialScore(item_key=f"i{item}", trial_index=trial, metric=metric, value=float(value))
            for metric in ("correct", "polite", "short", "cited")
            for (item, trial), value in np.ndenumerate(rng.integers(0, 2, (2_000, 3)))
        ]
        for _ in range(2)
    ]
    started = time.perf_counter()
    compare(run, run, *sides)
    yield _band("comparison: 2,000 items, 3 trials, 4 metrics, s", time.perf_counter() - started, 0.0, 3.0, "< 3")
    yield _band("scipy imported by any of the above (0: no)", float("scipy" in sys.modules), 0, 0, "0")


if __name__ == "__main__":
    raise SystemExit(main())
