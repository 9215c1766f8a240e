"""What people said of the things an evaluator judged: labels and verdicts read from the store and joined by target."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from evalwright.domain.errors import InvalidInput, NotFound
from evalwright.domain.score import Score, ScoreSource, ScoreStatus, Target
from evalwright.ports.spans import ScoreQuery
from evalwright.server.deps import Deps
from evalwright.server.paging import SCORES, entries, score_pages

MAX_LABELS: Final = 200_000
MAX_VERDICTS: Final = 500_000
MAX_POOL: Final = 5_000
MAX_EXPERIMENTS: Final = 100

Key = tuple[Target, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which labels and which verdicts. ``judge_score`` is only needed where an evaluator writes several scores."""

    project: str
    evaluator: str
    label: str
    judge_score: str = ""
    version: str = ""
    dataset: str = ""
    experiment: str = ""


@dataclass(slots=True)
class Joined:
    """Labels and verdicts by target. ``pool`` holds verdicts without a label, as many as are worth looking at."""

    labels: dict[Key, list[Score]] = field(default_factory=dict)
    verdicts: dict[Key, Score] = field(default_factory=dict)
    pool: dict[Key, Score] = field(default_factory=dict)
    version: str = ""
    judge_score: str = ""
    statements: list[str] = field(default_factory=list)

    @property
    def scores(self) -> Iterator[Score]:
        """Every score in it."""
        for given in self.labels.values():
            yield from given
        yield from self.verdicts.values()
        yield from self.pool.values()


def key_of(score: Score) -> Key:
    """Returns what a score is about."""
    ids = {
        Target.SPAN: score.span_id,
        Target.TRACE: score.trace_id,
        Target.SESSION: score.session_id,
        Target.TRIAL: score.trial_id,
    }
    return score.target, ids[score.target]


def join(deps: Deps, wanted: Wanted, labels: Labels | None = None) -> Joined:
    """Returns labels and verdicts side by side. Memory grows with the labels, not with the verdicts.

    ``labels`` of an earlier call saves reading them again.

    Raises:
        NotFound: there is no label of that name, or the evaluator has judged nothing.
        InvalidInput: the evaluator writes several scores and none is named.
    """
    experiments = _experiments(deps, wanted)
    joined = Joined(labels=(labels or Labels(deps)).of(wanted, experiments))
    others: Counter[str] = Counter()
    read = 0
    for score in _scores(deps, wanted.project, experiments, evaluator=wanted.evaluator, name=wanted.judge_score):
        read += 1
        if read > MAX_VERDICTS:
            joined.statements.append(f"only the newest {MAX_VERDICTS:,} verdicts were read")
            break
        _take(joined, score, wanted, others)
    if not read:
        raise NotFound(
            f"evaluator {wanted.evaluator!r} has judged nothing here",
            hint="`evalwright evaluators list` shows what has; run it over the labelled targets first",
        )
    if others:
        listed = ", ".join(f"{count} of {name[:12] or 'no version'}" for name, count in others.most_common(5))
        joined.statements.append(f"verdicts of other versions were left out: {listed}")
    return joined


def _take(joined: Joined, score: Score, wanted: Wanted, others: Counter[str]) -> None:
    """Puts one verdict, newest first, where it belongs; the first one seen decides version and name."""
    joined.judge_score = joined.judge_score or score.name
    if score.name != joined.judge_score:
        raise InvalidInput(
            f"evaluator {wanted.evaluator!r} writes several scores, {joined.judge_score!r} and {score.name!r}",
            hint="say which one with judge_score",
        )
    if not joined.version:
        joined.version = wanted.version or score.evaluator_version
    if score.evaluator_version != joined.version:
        others[score.evaluator_version] += 1
        return
    key = key_of(score)
    if key in joined.labels:
        joined.verdicts.setdefault(key, score)
    elif len(joined.pool) < MAX_POOL:
        joined.pool.setdefault(key, score)


def read_labels(deps: Deps, wanted: Wanted, experiments: Sequence[str]) -> dict[Key, list[Score]]:
    """Returns target -> labels: those of people where there are any, else those of any other source.

    Raises:
        NotFound: there is no label of that name.
        InvalidInput: there are more than fit in memory.
    """
    return Labels(deps).of(wanted, experiments)


class Labels:
    """Labels as they are read; those of one name, project and experiments only once."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps
        self._held: dict[tuple[str, str, tuple[str, ...]], list[Score]] = {}

    def of(self, wanted: Wanted, experiments: Sequence[str]) -> dict[Key, list[Score]]:
        """Returns target -> labels that the evaluator did not give itself; see ``read_labels``."""
        people: dict[Key, list[Score]] = defaultdict(list)
        rest: dict[Key, list[Score]] = defaultdict(list)
        for score in self._named(wanted, experiments):
            if score.evaluator == wanted.evaluator:
                continue
            by_people = score.source in (ScoreSource.HUMAN, ScoreSource.USER)
            (people if by_people else rest)[key_of(score)].append(score)
        if not (people or rest):
            raise self._missing(wanted)
        return dict(people or rest)

    def _named(self, wanted: Wanted, experiments: Sequence[str]) -> Sequence[Score]:
        place = (wanted.project, wanted.label, tuple(experiments))
        if place not in self._held:
            found: list[Score] = []
            for score in _scores(self._deps, wanted.project, experiments, name=wanted.label):
                if score.status is ScoreStatus.SCORED:
                    found.append(score)
                if len(found) > MAX_LABELS:
                    raise InvalidInput(f"over {MAX_LABELS:,} labels named {wanted.label!r}", hint="name a dataset")
            self._held[place] = found
        return self._held[place]

    def _missing(self, wanted: Wanted) -> NotFound:
        """Returns the error, with the names that people have given scores under instead."""
        people = ScoreQuery(project=wanted.project, source=ScoreSource.HUMAN)
        names = sorted({group.name for group in self._deps.spans.score_groups(people)})
        where = f"dataset {wanted.dataset!r}" if wanted.dataset else f"project {wanted.project!r}"
        shown = f"people's scores in this project: {', '.join(names[:10])}" if names else "nobody has labelled anything"
        return NotFound(
            f"there is no label {wanted.label!r} in {where}",
            hint=f"{shown}; label targets in the UI, or with `evalwright scores add NAME --label ...`",
        )


def _experiments(deps: Deps, wanted: Wanted) -> Sequence[str]:
    """Returns the experiments to read; none stands for everything in the project."""
    if wanted.experiment:
        return [deps.records.find_experiment(wanted.project, wanted.experiment).id]
    if not wanted.dataset:
        return ()
    dataset = deps.records.find_dataset(wanted.project, wanted.dataset)
    page = deps.records.list_experiments(wanted.project, dataset_id=dataset.id, limit=MAX_EXPERIMENTS)
    if not page.items:
        raise NotFound(f"dataset {wanted.dataset!r} has no experiments", hint="run the judge over it first")
    return [experiment.id for experiment in page.items]


def _scores(
    deps: Deps, project: str, experiments: Sequence[str], *, name: str = "", evaluator: str = ""
) -> Iterator[Score]:
    """Yields matching scores, newest first within each experiment."""
    for experiment in experiments or ("",):
        query = ScoreQuery(project=project, name=name, evaluator=evaluator, experiment_id=experiment, limit=SCORES)
        yield from entries(score_pages(deps.spans, query))
