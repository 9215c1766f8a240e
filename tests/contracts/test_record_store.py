"""What every record store promises, on SQLite and on PostgreSQL."""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalwright.domain.dataset import Dataset
from evalwright.domain.errors import Conflict, InvalidInput, LimitExceeded, NotFound
from evalwright.domain.evaluator import EvaluatorKind, EvaluatorSpec
from evalwright.domain.experiment import Experiment, Trial, TrialStatus
from evalwright.domain.project import Scope
from evalwright.domain.score import ScoreType, Target
from evalwright.domain.trace import Page
from evalwright.ports.records import NewItem, RecordStore
from evalwright.storage.records import SqlRecordStore, views

T = TypeVar("T")
_HISTORIES = itertools.count()


@pytest.fixture
def dataset(store: SqlRecordStore, project: str) -> Dataset:
    return store.create_dataset(project, "golden", "the good ones")


def items_of(store: RecordStore, dataset_id: str, version: int = 0) -> list[Any]:
    return all_of(lambda cursor: store.list_items(dataset_id, version=version, limit=7, cursor=cursor))


def all_of(fetch: Any) -> list[Any]:
    found: list[Any] = []
    cursor = ""
    while True:
        page: Page[Any] = fetch(cursor)
        found.extend(page.items)
        cursor = page.next_cursor
        if not cursor:
            return found


def numbered(count: int) -> list[NewItem]:
    return [NewItem(key=f"k{n:05}", input={"question": n}) for n in range(count)]


def started(store: RecordStore, dataset: Dataset, *, trials: int = 2, count: int = 3, name: str = "run") -> Experiment:
    held = store.add_items(dataset.id, numbered(count))
    return store.create_experiment(
        dataset.project, name, dataset_id=dataset.id, dataset_version=held.version, trials=trials
    )


def trial(experiment: Experiment, item: Any, index: int = 0, **fields: Any) -> Trial:
    return Trial(
        id=f"tr_{item.key}_{index}",
        experiment_id=experiment.id,
        item_id=item.id,
        item_key=item.key,
        index=index,
        **fields,
    )


# Keys


def test_a_key_is_found_by_its_hash_until_it_is_revoked(store: SqlRecordStore) -> None:
    key = store.create_key(name="ci", scopes=[Scope.READ, Scope.INGEST], project="p", secret_hash="h1", prefix="ew_1")
    assert store.find_key("h1") == key
    assert key.scopes == (Scope.READ, Scope.INGEST)
    revoked = store.revoke_key(key.id)
    assert revoked.revoked_ns > key.created_ns
    assert store.find_key("h1") is None
    assert revoked in store.list_keys()
    assert store.revoke_key(key.id).revoked_ns == revoked.revoked_ns


def test_revoking_an_unknown_key_says_so(store: SqlRecordStore) -> None:
    with pytest.raises(NotFound, match="'key_none'"):
        store.revoke_key("key_none")


def test_touching_a_key_is_recorded_at_most_once_a_minute(store: SqlRecordStore) -> None:
    key = store.create_key(name="t", scopes=[Scope.READ], project="", secret_hash="h2", prefix="ew_2")
    store.touch_key(key.id)
    first = store.find_key("h2")
    store.touch_key(key.id)
    assert first is not None
    assert first.last_used_ns > key.created_ns
    assert store.find_key("h2") == first


def test_touching_an_unknown_key_is_harmless(store: SqlRecordStore) -> None:
    before = store.list_keys()
    store.touch_key("key_none")
    assert store.list_keys() == before


# Evaluators


def spec(version: str, name: str = "polite") -> EvaluatorSpec:
    return EvaluatorSpec(
        name=name,
        version=version,
        kind=EvaluatorKind.JUDGE,
        target=Target.TRACE,
        type=ScoreType.CATEGORICAL,
        inputs=("input", "output"),
        labels=("yes", "no"),
        description="is it polite?",
        definition={"rubric": ["be kind"], "temperature": 0.5},
    )


def test_a_registered_evaluator_comes_back_as_it_was(store: SqlRecordStore, project: str) -> None:
    held = store.register_evaluator(project, spec("v1"))
    assert held.spec == spec("v1")
    assert store.list_evaluators(project) == [held]


def test_registering_a_version_again_only_notes_its_use(store: SqlRecordStore, project: str) -> None:
    first = store.register_evaluator(project, spec("v1"))
    again = store.register_evaluator(project, spec("v1"))
    assert (again.versions, again.created_ns) == (1, first.created_ns)
    assert again.updated_ns > first.updated_ns


def test_what_is_no_part_of_a_version_is_what_was_said_last(store: SqlRecordStore, project: str) -> None:
    store.register_evaluator(project, spec("v1"))
    stricter = replace(spec("v1"), min_agreement=0.85, description="is it kind?")
    store.register_evaluator(project, stricter)
    assert store.evaluator_versions(project, "polite") == [stricter]
    store.register_evaluator(project, spec("v1"))
    assert store.evaluator_versions(project, "polite")[0].min_agreement is None


def test_versions_of_an_evaluator_are_newest_first(store: SqlRecordStore, project: str) -> None:
    for version in ("v1", "v2", "v3", "v1"):
        newest = store.register_evaluator(project, spec(version))
    assert [held.version for held in store.evaluator_versions(project, "polite")] == ["v3", "v2", "v1"]
    assert (newest.spec.version, newest.versions) == ("v3", 3)


def test_evaluators_of_other_projects_are_not_seen(store: SqlRecordStore, project: str) -> None:
    store.register_evaluator(project, spec("v1"))
    assert store.list_evaluators(f"{project}-other") == []
    with pytest.raises(NotFound, match="'polite'"):
        store.evaluator_versions(f"{project}-other", "polite")


# Datasets


def test_a_new_dataset_is_empty_at_version_0(store: SqlRecordStore, dataset: Dataset, project: str) -> None:
    assert (dataset.version, dataset.item_count, dataset.description) == (0, 0, "the good ones")
    assert store.find_dataset(project, "golden") == dataset
    assert store.find_dataset(project, dataset.id) == dataset
    assert items_of(store, dataset.id) == []


def test_a_taken_dataset_name_is_a_conflict(store: SqlRecordStore, dataset: Dataset, project: str) -> None:
    with pytest.raises(Conflict, match="'golden'"):
        store.create_dataset(project, "golden")
    assert store.create_dataset(f"{project}-other", "golden").name == "golden"


@pytest.mark.parametrize("name", ["", "  ", "a/b", "..", "a\x00b", "a\nb", "\ud800", "x" * 201])
def test_a_name_that_cannot_stand_in_a_url_is_refused(store: SqlRecordStore, project: str, name: str) -> None:
    with pytest.raises(InvalidInput, match="cannot be the name"):
        store.create_dataset(project, name)


def test_unknown_datasets_are_not_found(store: SqlRecordStore, project: str) -> None:
    with pytest.raises(NotFound, match="'nope'"):
        store.find_dataset(project, "nope")
    for call in (store.list_items, store.delete_dataset):
        with pytest.raises(NotFound, match="'ds_nope'"):
            call("ds_nope")
    with pytest.raises(NotFound, match="'ds_nope'"):
        store.add_items("ds_nope", numbered(1))


def test_datasets_are_listed_newest_first_page_by_page(store: SqlRecordStore, project: str) -> None:
    names = [f"d{n}" for n in range(5)]
    for name in names:
        store.create_dataset(project, name)
    found = all_of(lambda cursor: store.list_datasets(project, limit=2, cursor=cursor))
    assert [held.name for held in found] == names[::-1]


def test_items_keep_their_order_and_every_field(store: SqlRecordStore, dataset: Dataset) -> None:
    given_items = [
        NewItem(
            key=f"k{n}",
            input={"n": n},
            expected=[n, None, "x"],
            metadata={"nested": {"deep": [True, 1.5]}},
            split="test",
            tags=("a", "b"),
            source_trace_id="a" * 32,
            source_span_id="b" * 16,
        )
        for n in (3, 1, 2)
    ]
    assert store.add_items(dataset.id, given_items).item_count == 3
    found = items_of(store, dataset.id)
    assert [item.key for item in found] == ["k3", "k1", "k2"]
    item = found[0]
    assert (item.input, item.expected, item.metadata) == ({"n": 3}, [3, None, "x"], {"nested": {"deep": [True, 1.5]}})
    assert (item.split, item.tags, item.source_trace_id) == ("test", ("a", "b"), "a" * 32)
    assert item.id.startswith("it_")


def test_the_same_items_again_keep_the_version(store: SqlRecordStore, dataset: Dataset) -> None:
    first = store.add_items(dataset.id, numbered(3))
    again = store.add_items(dataset.id, numbered(3))
    assert (first.version, again.version) == (1, 1)
    assert (first.given, first.added, again.given, again.unchanged) == (3, 3, 3, 3)


def test_an_item_without_key_is_known_by_its_input(store: SqlRecordStore, dataset: Dataset) -> None:
    store.add_items(dataset.id, [NewItem(input={"a": 1, "b": 2})])
    held = store.add_items(dataset.id, [NewItem(input={"b": 2, "a": 1}, expected="now known")])
    assert (held.version, held.item_count) == (2, 1)
    assert (held.given, held.added, held.changed) == (1, 0, 1)


def test_of_equal_keys_in_one_call_the_last_counts(store: SqlRecordStore, dataset: Dataset) -> None:
    held = store.add_items(dataset.id, [NewItem(key="k", input=1), NewItem(key="k", input=2)])
    assert (held.item_count, [item.input for item in items_of(store, dataset.id)]) == (1, [2])
    assert (held.given, held.added, held.repeated) == (2, 1, 1)


def test_a_changed_item_keeps_id_and_place_and_the_old_version_still_shows_the_old(
    store: SqlRecordStore, dataset: Dataset
) -> None:
    store.add_items(dataset.id, numbered(3))
    before = items_of(store, dataset.id)
    store.add_items(dataset.id, [NewItem(key="k00001", input="changed"), NewItem(key="new", input=0)])
    after = items_of(store, dataset.id)
    assert [item.key for item in after] == ["k00000", "k00001", "k00002", "new"]
    assert (after[1].id, after[1].input) == (before[1].id, "changed")
    assert items_of(store, dataset.id, version=1) == before


def test_a_removed_item_is_gone_from_the_newest_version_only(store: SqlRecordStore, dataset: Dataset) -> None:
    store.add_items(dataset.id, numbered(3))
    held = store.remove_items(dataset.id, ["k00001", "unknown"])
    assert (held.version, held.item_count) == (2, 2)
    assert [item.key for item in items_of(store, dataset.id)] == ["k00000", "k00002"]
    assert len(items_of(store, dataset.id, version=1)) == 3
    assert store.remove_items(dataset.id, ["k00001"]) == held


def test_an_item_that_returns_comes_last_with_a_new_id(store: SqlRecordStore, dataset: Dataset) -> None:
    store.add_items(dataset.id, numbered(2))
    old = items_of(store, dataset.id)[0]
    store.remove_items(dataset.id, ["k00000"])
    store.add_items(dataset.id, numbered(1))
    back = items_of(store, dataset.id)[-1]
    assert back.key == old.key
    assert back.id != old.id


def test_a_version_that_never_was_is_not_found(store: SqlRecordStore, dataset: Dataset) -> None:
    for version in (1, -1):
        with pytest.raises(NotFound, match=f"no version {version}"):
            store.list_items(dataset.id, version=version)


def test_items_of_a_split_alone_can_be_read(store: SqlRecordStore, dataset: Dataset) -> None:
    store.add_items(dataset.id, [NewItem(key=f"k{n}", input=n, split="test" if n % 2 else "train") for n in range(9)])
    found = all_of(lambda cursor: store.list_items(dataset.id, split="test", limit=2, cursor=cursor))
    assert [item.key for item in found] == ["k1", "k3", "k5", "k7"]


def test_pages_go_on_in_the_version_they_began_with(store: SqlRecordStore, dataset: Dataset) -> None:
    store.add_items(dataset.id, numbered(4))
    page = store.list_items(dataset.id, limit=2)
    store.remove_items(dataset.id, ["k00002"])
    rest = store.list_items(dataset.id, limit=2, cursor=page.next_cursor)
    assert [item.key for item in rest.items] == ["k00002", "k00003"]


@pytest.mark.parametrize("cursor", ["x", "1.x", "1.W10", "9.WyJhIl0", "1.W251bGxd", "é", "." * 50])
def test_a_cursor_that_is_none_is_refused(store: SqlRecordStore, dataset: Dataset, cursor: str) -> None:
    store.add_items(dataset.id, numbered(2))
    with pytest.raises((InvalidInput, NotFound)):
        store.list_items(dataset.id, cursor=cursor)
    with pytest.raises(InvalidInput, match="not a cursor"):
        store.list_datasets(dataset.project, cursor=cursor)


def test_a_cursor_of_another_list_is_refused(store: SqlRecordStore, dataset: Dataset, project: str) -> None:
    store.create_dataset(project, "second")
    cursor = store.list_datasets(project, limit=1).next_cursor
    with pytest.raises(InvalidInput, match="not a cursor"):
        store.list_experiments(project, cursor=cursor)


@pytest.mark.parametrize("limit", [0, -1, 10_001])
def test_a_limit_out_of_range_is_refused(store: SqlRecordStore, project: str, limit: int) -> None:
    with pytest.raises(InvalidInput, match="out of range"):
        store.list_datasets(project, limit=limit)


def test_hostile_values_are_stored_as_plain_json(store: SqlRecordStore, dataset: Dataset) -> None:
    hostile = {
        "lone \ud800": ["\udfff", float("nan"), float("-inf"), "nul \x00 stays", 10**30, "'; DROP TABLE items--"]
    }
    store.add_items(dataset.id, [NewItem(key="k\x00\ud800", input=hostile, split="s\x00")])
    item = items_of(store, dataset.id)[0]
    assert item.input == {"lone �": ["�", "nan", "-inf", "nul \x00 stays", 10**30, "'; DROP TABLE items--"]}
    assert (item.key, item.split) == ("k�", "s")


@pytest.mark.parametrize("value", [object(), {"a": {1, 2}}, b"bytes", {(1, 2): 3}])
def test_what_is_no_json_value_is_refused_and_nothing_is_written(
    store: SqlRecordStore, dataset: Dataset, value: Any
) -> None:
    with pytest.raises(InvalidInput, match="cannot be stored as JSON"):
        store.add_items(dataset.id, [NewItem(key="good", input=1), NewItem(key="bad", input=value)])
    assert store.find_dataset(dataset.project, "golden") == dataset


def test_nesting_without_end_is_refused(store: SqlRecordStore, dataset: Dataset) -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(InvalidInput, match="cannot be stored as JSON"):
        store.add_items(dataset.id, [NewItem(input=deep)])


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(steps=st.lists(st.dictionaries(st.sampled_from("abcdef"), json_values, max_size=4), min_size=1, max_size=6))
@settings(max_examples=25, deadline=None)
def test_every_version_stays_as_it_was(store: SqlRecordStore, steps: Sequence[dict[str, Any]]) -> None:
    held = store.create_dataset("history", f"d{next(_HISTORIES)}")
    model: dict[str, Any] = {}
    history: dict[int, dict[str, Any]] = {0: {}}
    for number, step in enumerate(steps):
        if number % 3 == 2:
            held = store.remove_items(held.id, list(step))
            model = {key: value for key, value in model.items() if key not in step}
        else:
            held = store.add_items(held.id, [NewItem(key=key, input=value) for key, value in step.items()])
            model = {**model, **step}
        history[held.version] = dict(model)
    assert held.item_count == len(model)
    for version in range(1, held.version + 1):
        assert {item.key: item.input for item in items_of(store, held.id, version)} == history[version]


def test_writers_at_once_lose_nothing(store: SqlRecordStore, dataset: Dataset) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: store.add_items(dataset.id, [NewItem(key=f"w{n}", input=n)]), range(24)))
    held = store.find_dataset(dataset.project, dataset.id)
    assert (held.version, held.item_count) == (24, 24)
    assert len({item.id for item in items_of(store, dataset.id)}) == 24


def test_ten_thousand_items_go_in_as_one_version_at_once(store: SqlRecordStore, dataset: Dataset) -> None:
    start = time.perf_counter()
    held = store.add_items(dataset.id, numbered(10_000))
    taken = time.perf_counter() - start
    assert (held.version, held.item_count) == (1, 10_000)
    assert taken < 10, "a row a round trip would take this long; the bound is loose for busy machines"


def test_a_dataset_is_deleted_with_its_items(store: SqlRecordStore, dataset: Dataset, project: str) -> None:
    store.add_items(dataset.id, numbered(3))
    store.delete_dataset(dataset.id)
    with pytest.raises(NotFound):
        store.find_dataset(project, "golden")


def test_a_dataset_that_experiments_used_is_kept(store: SqlRecordStore, dataset: Dataset) -> None:
    experiment = started(store, dataset)
    with pytest.raises(Conflict, match="'run'"):
        store.delete_dataset(dataset.id)
    store.delete_experiment(experiment.id)
    store.delete_dataset(dataset.id)


# Experiments


def test_an_experiment_knows_its_dataset_and_size(store: SqlRecordStore, dataset: Dataset, project: str) -> None:
    store.add_items(dataset.id, numbered(4))
    experiment = store.create_experiment(
        project,
        "run",
        dataset_id=dataset.id,
        dataset_version=0,
        trials=3,
        description="d",
        metadata={"commit": "abc"},
        evaluators={"polite": "v1"},
    )
    assert (experiment.dataset_name, experiment.dataset_version, experiment.item_count) == ("golden", 1, 4)
    assert (experiment.status, experiment.completed, experiment.trials) == ("running", 0, 3)
    assert (experiment.metadata, experiment.evaluators) == ({"commit": "abc"}, {"polite": "v1"})
    assert store.find_experiment(project, "run") == experiment
    assert store.find_experiment(project, experiment.id) == experiment


def test_the_same_name_resumes_and_another_shape_conflicts(
    store: SqlRecordStore, dataset: Dataset, project: str
) -> None:
    first = started(store, dataset)
    shape = {"dataset_id": dataset.id, "dataset_version": 1, "trials": 2}
    assert store.create_experiment(project, "run", **shape) == first
    with pytest.raises(Conflict, match="with 2 trials"):
        store.create_experiment(project, "run", **{**shape, "trials": 3})
    store.add_items(dataset.id, [NewItem(key="more", input=0)])
    assert store.create_experiment(project, "run", **shape) == first
    with pytest.raises(Conflict, match="version 1"):
        store.create_experiment(project, "run", **{**shape, "dataset_version": 2})


def test_one_name_created_by_many_at_once_is_one_experiment(store: SqlRecordStore, dataset: Dataset) -> None:
    store.add_items(dataset.id, numbered(1))

    def create(_: int) -> str:
        shape = {"dataset_id": dataset.id, "dataset_version": 1, "trials": 1}
        return store.create_experiment(dataset.project, "run", **shape).id

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(create, range(16)))) == 1


def test_an_experiment_needs_its_dataset_version_and_a_trial(
    store: SqlRecordStore, dataset: Dataset, project: str
) -> None:
    with pytest.raises(NotFound, match="no version 7"):
        store.create_experiment(project, "run", dataset_id=dataset.id, dataset_version=7, trials=1)
    with pytest.raises(NotFound, match="'ds_nope'"):
        store.create_experiment(project, "run", dataset_id="ds_nope", dataset_version=0, trials=1)
    with pytest.raises(InvalidInput, match="0 trials"):
        store.create_experiment(project, "run", dataset_id=dataset.id, dataset_version=0, trials=0)


def test_trials_come_back_as_they_were(store: SqlRecordStore, dataset: Dataset) -> None:
    experiment = started(store, dataset)
    first, second, _ = items_of(store, dataset.id)
    full = trial(
        experiment,
        first,
        output={"answer": ["x"]},
        trace_id="c" * 32,
        latency_ms=12.5,
        input_tokens=7,
        output_tokens=9,
        cost=0.25,
        created_ns=5,
    )
    late = trial(experiment, second, 1, status=TrialStatus.TIMEOUT, error="took over 30 s")
    assert store.add_trials(experiment.id, [full, late]) == 2
    found = {held.id: held for held in store.list_trials(experiment.id).items}
    assert found[full.id] == full
    assert found[late.id].created_ns > 0
    assert (found[late.id].status, found[late.id].output) == (TrialStatus.TIMEOUT, None)


def test_a_trial_sent_again_replaces_itself(store: SqlRecordStore, dataset: Dataset, project: str) -> None:
    experiment = started(store, dataset)
    item = items_of(store, dataset.id)[0]
    store.add_trials(experiment.id, [trial(experiment, item, status=TrialStatus.ERROR, error="boom")])
    assert store.add_trials(experiment.id, [trial(experiment, item, output="fine")]) == 1
    assert store.list_trials(experiment.id).items[0].output == "fine"
    assert store.find_experiment(project, "run").completed == 1


def test_failed_trials_are_those_whose_last_word_was_no_success(store: SqlRecordStore, dataset: Dataset) -> None:
    experiment = started(store, dataset)
    first, second, third = items_of(store, dataset.id)
    ended = [(first, TrialStatus.ERROR), (second, TrialStatus.TIMEOUT), (third, TrialStatus.OK)]
    store.add_trials(experiment.id, [trial(experiment, item, status=status) for item, status in ended])
    assert store.failed_trials([experiment.id, "ex_none"]) == {
        experiment.id: [f"tr_{first.key}_0", f"tr_{second.key}_0"]
    }
    store.add_trials(experiment.id, [trial(experiment, first)])
    assert store.failed_trials([experiment.id]) == {experiment.id: [f"tr_{second.key}_0"]}
    assert store.failed_trials([]) == {}


def test_inputs_are_read_by_key_as_they_were_in_a_version(store: SqlRecordStore, dataset: Dataset) -> None:
    old = store.add_items(dataset.id, numbered(3))
    kept, changed, _ = items_of(store, dataset.id)
    store.add_items(dataset.id, [NewItem(key=changed.key, input="new words")])
    keys = [kept.key, changed.key, "nobody"]
    before = store.item_inputs(dataset.id, version=old.version, keys=keys)
    assert before == {kept.key: kept.input, changed.key: changed.input}
    assert store.item_inputs(dataset.id, version=old.version + 1, keys=keys)[changed.key] == "new words"


def test_trials_the_experiment_does_not_have_are_refused(store: SqlRecordStore, dataset: Dataset) -> None:
    experiment = started(store, dataset)
    item = items_of(store, dataset.id)[0]
    store.add_items(dataset.id, [NewItem(key="later", input=0)])
    later = items_of(store, dataset.id)[-1]
    with pytest.raises(InvalidInput, match="index 2"):
        store.add_trials(experiment.id, [trial(experiment, item, 2)])
    with pytest.raises(InvalidInput, match=later.id):
        store.add_trials(experiment.id, [trial(experiment, item), trial(experiment, later)])
    assert store.list_trials(experiment.id).items == []


def test_all_trials_are_listed_once_over_many_pages(store: SqlRecordStore, dataset: Dataset) -> None:
    experiment = started(store, dataset, count=10, trials=3)
    wanted = [trial(experiment, item, index) for item in items_of(store, dataset.id) for index in range(3)]
    store.add_trials(experiment.id, wanted)
    found = all_of(lambda cursor: store.list_trials(experiment.id, limit=4, cursor=cursor))
    assert sorted(held.id for held in found) == sorted(held.id for held in wanted)


def test_the_trials_of_one_item_are_found_by_its_key(store: SqlRecordStore, dataset: Dataset) -> None:
    experiment = started(store, dataset, count=3, trials=2)
    items = items_of(store, dataset.id)
    store.add_trials(experiment.id, [trial(experiment, item, index) for item in items for index in range(2)])
    found = all_of(lambda cursor: store.list_trials(experiment.id, item_key=items[1].key, limit=1, cursor=cursor))
    assert [(held.item_key, held.index) for held in found] == [(items[1].key, 0), (items[1].key, 1)]
    assert store.list_trials(experiment.id, item_key="' or 1=1 --").items == []


def test_a_finished_experiment_says_how_and_when(store: SqlRecordStore, dataset: Dataset) -> None:
    experiment = started(store, dataset)
    done = store.finish_experiment(experiment.id, "completed")
    assert done.status == "completed"
    assert done.finished_ns > experiment.created_ns


def test_unknown_experiments_are_not_found(store: SqlRecordStore, project: str) -> None:
    with pytest.raises(NotFound, match="'nope'"):
        store.find_experiment(project, "nope")
    for call in (store.list_trials, store.delete_experiment):
        with pytest.raises(NotFound, match="'ex_nope'"):
            call("ex_nope")
    with pytest.raises(NotFound, match="'ex_nope'"):
        store.finish_experiment("ex_nope", "completed")
    with pytest.raises(NotFound, match="'ex_nope'"):
        store.add_trials("ex_nope", [])


def test_experiments_are_listed_newest_first_and_by_dataset(
    store: SqlRecordStore, dataset: Dataset, project: str
) -> None:
    other = store.create_dataset(project, "other")
    for name in ("a", "b"):
        started(store, dataset, name=name)
    started(store, other, name="c")
    assert [held.name for held in store.list_experiments(project).items] == ["c", "b", "a"]
    assert [held.name for held in store.list_experiments(project, dataset_id=dataset.id).items] == ["b", "a"]


# Views


def test_sql_views_show_the_records_as_flat_rows(store: SqlRecordStore, dataset: Dataset, project: str) -> None:
    experiment = started(store, dataset)
    item = items_of(store, dataset.id)[0]
    store.add_trials(experiment.id, [trial(experiment, item, output={"a": 1}, cost=0.5)])
    store.remove_items(dataset.id, ["k00002"])
    counts = {}
    for view in ("datasets", "items", "experiments", "trials"):
        schema, rows = store.view_rows(view, project)
        found = list(rows)
        counts[view] = len(found)
        assert all(row["project"] == project for row in found)
        assert [part.split()[0] for part in schema.split(", ")] == list(found[0])
    assert counts == {"datasets": 1, "items": 2, "experiments": 1, "trials": 1}
    held = next(store.view_rows("experiments", project)[1])
    assert (held["finished_time"], held["created_time"][:4], held["created_time"][-1]) == (None, "2026", "Z")
    row = next(store.view_rows("trials", project)[1])
    assert (row["output"], row["cost"], row["latency_ms"], row["item_key"]) == ('{"a":1}', 0.5, None, "k00000")


def test_a_view_over_its_bound_says_so(
    store: SqlRecordStore, dataset: Dataset, project: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.add_items(dataset.id, numbered(5))
    monkeypatch.setattr(views, "MAX_VIEW_ROWS", 4)
    with pytest.raises(LimitExceeded, match="'items'"):
        list(store.view_rows("items", project)[1])


def test_an_unknown_view_is_refused(store: SqlRecordStore) -> None:
    with pytest.raises(InvalidInput, match="'api_keys'"):
        store.view_rows("api_keys", "")
