"""Readiness tells when nothing more can be stored."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evalwright.domain.errors import StoreUnavailable
from evalwright.server import readiness
from evalwright.server.readiness import KEPT_S, RoomCheck


class Disk:
    """A disk that can be told to refuse, and counts how often it was asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.fault = 0
        self.asked = 0
        monkeypatch.setattr(readiness, "_reserve", self._reserve)

    def _reserve(self, descriptor: int) -> None:
        self.asked += 1
        if self.fault:
            raise OSError(self.fault, os.strerror(self.fault))


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(monkeypatch)


def test_a_folder_with_room_is_ready_and_nothing_of_the_attempt_is_left(tmp_path: Path) -> None:
    RoomCheck(tmp_path)()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("fault", "said", "advice"),
    [
        (errno.ENOSPC, "full", "free space"),
        (errno.EDQUOT, "full", "free space"),
        (errno.EROFS, "read-only", "mounted for writing"),
    ],
)
def test_a_disk_that_refuses_is_named_with_what_to_do(
    tmp_path: Path, disk: Disk, fault: int, said: str, advice: str
) -> None:
    disk.fault = fault
    with pytest.raises(StoreUnavailable) as refused:
        RoomCheck(tmp_path)()
    assert said in refused.value.message
    assert advice in refused.value.hint
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_gone_is_not_ready(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="cannot be written"):
        RoomCheck(tmp_path / "gone")()


def test_the_disk_is_tried_once_in_a_few_seconds_and_its_recovery_is_seen(tmp_path: Path, disk: Disk) -> None:
    now = [100.0]
    check = RoomCheck(tmp_path, monotonic=lambda: now[0])
    disk.fault = errno.ENOSPC
    for _ in range(50):
        with pytest.raises(StoreUnavailable):
            check()
    assert disk.asked == 1
    disk.fault = 0
    now[0] += KEPT_S
    check()
    check()
    assert disk.asked == 2


def test_readyz_is_a_problem_while_the_disk_is_full(
    build_deps: Any, open_client: Callable[..., Any], tmp_path: Path, disk: Disk
) -> None:
    client = open_client(build_deps(check_room=RoomCheck(tmp_path)))
    disk.fault = errno.ENOSPC
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["retry-after"] == "5"
    assert answer.json()["type"].endswith("/store-unavailable")
    assert str(tmp_path) not in answer.text
    assert client.get("/healthz").status_code == 200
