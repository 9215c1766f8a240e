"""Acknowledged means durable: groups, failures, back-pressure, the spool and the drain."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
from intake_kit import PROTOBUF, MemoryWriter, body_of, otlp_span, running_intake

from evalwright.domain.errors import InvalidInput, RateLimited, StoreUnavailable, TooLarge
from evalwright.ingest import Intake, IntakeResult, commit


def send(intake: Intake, number: int, **fields: str) -> Future[IntakeResult]:
    return intake.submit_traces(body_of(otlp_span(number, **fields)), PROTOBUF)


def send_one_after_another(intake: Intake, numbers: range) -> None:
    for number in numbers:
        send(intake, number).result(10)


def wait_until(true: Callable[[], object], seconds: float = 20) -> None:
    """Waits on a condition of another thread, which offers no event to wait for."""
    end = time.monotonic() + seconds
    pause = threading.Event()
    while not true():
        assert time.monotonic() < end, "it never became true"
        pause.wait(0.01)


def test_nothing_is_acknowledged_before_it_is_written() -> None:
    writer = MemoryWriter()
    with running_intake(writer) as intake:
        writer.gate.clear()
        answer = send(intake, 1)
        assert not answer.done()
        writer.gate.set()
        assert answer.result(10) == IntakeResult(accepted=1)
        assert writer.names == ["step 1"]


def test_requests_that_wait_are_written_as_one_group() -> None:
    writer = MemoryWriter()
    with running_intake(writer) as intake:
        writer.gate.clear()
        answers = [send(intake, number) for number in range(1, 41)]
        writer.gate.set()
        assert sum(answer.result(10).accepted for answer in answers) == 40
    assert sum(writer.groups) == 40
    assert len(writer.groups) <= 2


def test_the_writer_waits_a_moment_for_a_request_that_is_arriving() -> None:
    writer = MemoryWriter()
    with running_intake(writer) as intake:
        with intake.arriving():
            answers = [send(intake, 1)]
            with intake.arriving():
                answers.append(send(intake, 2))
        assert sum(answer.result(10).accepted for answer in answers) == 2
    assert writer.groups == [2]


def test_senders_that_were_just_answered_join_those_that_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commit, "_RETURN_S", 10.0)
    writer = MemoryWriter()
    with running_intake(writer) as intake, ThreadPoolExecutor(1) as sender:
        writer.gate.clear()
        first = send(intake, 1)
        wait_until(lambda: not intake.waiting)
        second = send(intake, 2)

        def come_back() -> IntakeResult:
            first.result(10)
            with intake.arriving():
                answer = send(intake, 3)
            return answer.result(10)

        third = sender.submit(come_back)
        writer.gate.set()
        assert third.result(10).accepted == second.result(10).accepted == 1
    assert writer.groups == [1, 2]


def test_a_sender_that_was_answered_and_stays_away_holds_nobody_up() -> None:
    writer = MemoryWriter()
    with running_intake(writer) as intake:
        writer.gate.clear()
        answers = [send(intake, 1)]
        wait_until(lambda: not intake.waiting)
        answers.append(send(intake, 2))
        writer.gate.set()
        assert [answer.result(10).accepted for answer in answers] == [1, 1]
    assert writer.groups == [1, 1]


def test_a_request_that_never_arrives_holds_nobody_up() -> None:
    writer = MemoryWriter()
    with running_intake(writer) as intake, intake.arriving():
        assert send(intake, 1).result(10).accepted == 1


def test_a_group_holds_no_more_rows_than_allowed() -> None:
    writer = MemoryWriter()
    with running_intake(writer, max_group_rows=5) as intake:
        writer.gate.clear()
        answers = [send(intake, number) for number in range(1, 21)]
        writer.gate.set()
        for answer in answers:
            answer.result(10)
    assert max(writer.groups) <= 5


def test_a_batch_that_the_store_refuses_costs_only_itself() -> None:
    writer = MemoryWriter(refused_name="poison")
    with running_intake(writer) as intake:
        writer.gate.clear()
        answers = [send(intake, number) for number in range(1, 4)]
        poisoned = send(intake, 4, name="poison")
        writer.gate.set()
        assert [answer.result(10).accepted for answer in answers] == [1, 1, 1]
        with pytest.raises(InvalidInput, match="poison"):
            poisoned.result(10)
    assert writer.names == ["step 1", "step 2", "step 3"]


class BrokenWriter(MemoryWriter):
    """Fails as a bug would."""

    def write_spans(self, spans: object) -> None:
        raise RuntimeError("a bug")


def test_an_unknown_failure_asks_the_sender_to_keep_its_data() -> None:
    with running_intake(BrokenWriter()) as intake, pytest.raises(StoreUnavailable, match="RuntimeError"):
        send(intake, 1).result(10)


def test_a_full_queue_asks_to_come_back() -> None:
    writer = MemoryWriter()
    with running_intake(writer, max_queue_bytes=300) as intake:
        writer.gate.clear()
        send(intake, 1)
        wait_until(lambda: not intake.waiting)
        waiting = [send(intake, 2)]
        with pytest.raises(RateLimited) as caught:
            waiting.extend(send(intake, number) for number in range(3, 20))
        assert caught.value.retry_after_s > 0
        writer.gate.set()
        assert all(answer.result(10).accepted == 1 for answer in waiting)


def test_without_a_spool_an_absent_store_refuses() -> None:
    writer = MemoryWriter(away=True)
    with running_intake(writer) as intake:
        with pytest.raises(StoreUnavailable) as caught:
            send(intake, 1).result(10)
        assert caught.value.retry_after_s == 3
        writer.away = False
        assert send(intake, 1).result(10).accepted == 1


def test_with_a_spool_nothing_is_lost_while_the_store_is_away(tmp_path: Path) -> None:
    writer = MemoryWriter(away=True)
    with running_intake(writer, spool_dir=tmp_path) as intake:
        results = [send(intake, number).result(10) for number in range(1, 6)]
        assert all(result.spooled for result in results)
        assert writer.names == []
        writer.away = False
        wait_until(lambda: len(writer.names) == 5)
        wait_until(lambda: not list(tmp_path.iterdir()))
        assert send(intake, 6).result(10).spooled is False
        assert intake.counters.snapshot()["spooled_batches"] == 5
        assert intake.counters.snapshot()["replayed_batches"] == 5


def test_the_spool_is_replayed_under_constant_traffic(tmp_path: Path) -> None:
    writer = MemoryWriter(away=True)
    with running_intake(writer, spool_dir=tmp_path) as intake:
        assert send(intake, 1).result(10).spooled
        writer.away = False
        number = 1
        end = time.monotonic() + 20
        while "step 1" not in writer.names:
            assert time.monotonic() < end
            number += 1
            send(intake, number).result(10)
        wait_until(lambda: len(writer.names) == number)


def test_what_was_spooled_survives_a_restart(tmp_path: Path) -> None:
    with running_intake(MemoryWriter(away=True), spool_dir=tmp_path) as intake:
        assert send(intake, 1).result(10).spooled
    writer = MemoryWriter()
    with running_intake(writer, spool_dir=tmp_path):
        wait_until(lambda: writer.names == ["step 1"])


def test_a_full_spool_refuses_and_keeps_what_it_has(tmp_path: Path) -> None:
    writer = MemoryWriter(away=True)
    with running_intake(writer, spool_dir=tmp_path, max_spool_bytes=600) as intake:
        assert send(intake, 1).result(10).spooled
        with pytest.raises(StoreUnavailable, match="limit"):
            send_one_after_another(intake, range(2, 30))
        writer.away = False
        wait_until(lambda: "step 1" in writer.names)


def test_a_spooled_request_that_the_store_refuses_is_set_aside_and_kept(tmp_path: Path) -> None:
    with running_intake(MemoryWriter(away=True), spool_dir=tmp_path) as intake:
        for number, name in ((1, "poison"), (2, "good")):
            assert send(intake, number, name=name).result(10).spooled
    writer = MemoryWriter(refused_name="poison")
    with running_intake(writer, spool_dir=tmp_path) as intake:
        wait_until(lambda: list(tmp_path.glob("*.refused")))
        assert writer.names == ["good"]
        assert intake.counters.snapshot()["quarantined_batches"] == 1
    again = MemoryWriter()
    with running_intake(again, spool_dir=tmp_path) as intake:
        send(intake, 3).result(10)
    assert again.names == ["step 3"]


def test_draining_finishes_what_is_queued_and_takes_nothing_new() -> None:
    writer = MemoryWriter()
    with running_intake(writer) as intake:
        writer.gate.clear()
        answers = [send(intake, number) for number in range(1, 6)]
        drainer = threading.Thread(target=intake.drain, args=(30,))
        drainer.start()
        wait_until(lambda: intake.stopping)
        with pytest.raises(StoreUnavailable, match="stopping"):
            send(intake, 9)
        writer.gate.set()
        drainer.join(10)
        assert [answer.result(0).accepted for answer in answers] == [1] * 5
    assert len(writer.names) == 5


def test_a_client_that_goes_away_disturbs_nobody() -> None:
    writer = MemoryWriter()
    with running_intake(writer) as intake:
        writer.gate.clear()
        gone, stays = send(intake, 1), send(intake, 2)
        assert not gone.cancel()
        writer.gate.set()
        assert stays.result(10).accepted == 1


def test_counts_add_up() -> None:
    writer = MemoryWriter()
    with running_intake(writer) as intake:
        body = body_of(otlp_span(1), otlp_span(1), otlp_span(2, span_id=b""), otlp_span(3, name="a\0"))
        result = intake.submit_traces(body, PROTOBUF).result(10)
        assert (result.accepted, result.rejected, result.message) == (3, 1, "1 rejected: bad span id")
        intake.submit_traces(body_of(otlp_span(1)), PROTOBUF).result(10)
        counts = intake.counters.snapshot()
    assert (counts["accepted_spans"], counts["duplicate_spans"]) == (4, 2)
    assert counts["rejected_spans"] == {"bad span id": 1}
    assert counts["repaired_values"] == {"nul_removed": 1}
    text = intake.counters.prometheus()
    assert 'evalwright_intake_rejected_spans_total{reason="bad span id"} 1' in text
    assert "# TYPE evalwright_intake_accepted_spans_total counter" in text


def test_a_body_over_the_limit_is_refused_before_it_is_read() -> None:
    with running_intake(MemoryWriter(), max_body_bytes=100) as intake, pytest.raises(TooLarge):
        intake.submit_traces(b"x" * 101, PROTOBUF)
