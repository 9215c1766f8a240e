"""The spool keeps every acknowledged request: files cut at any byte, full disks, kill -9."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalwright.domain.errors import StoreUnavailable
from evalwright.ingest.spool import Request, Spool, read_segment

LIMIT = 1 << 20


def request(number: int, body: bytes = b"body") -> Request:
    return Request(
        signal="traces", media_type="application/json", project="p", received_ns=number, body=body * (number % 5)
    )


def stored(folder: Path) -> list[Request]:
    return [one for segment in Spool(folder, LIMIT).segments() for one in read_segment(segment)]


def test_what_is_appended_is_read_back_in_order(tmp_path: Path) -> None:
    spool = Spool(tmp_path, LIMIT)
    assert not spool
    spool.append([request(1), request(2)])
    spool.append([request(3)])
    assert spool
    spool.close()
    assert stored(tmp_path) == [request(1), request(2), request(3)]


def test_a_segment_cut_at_any_byte_keeps_every_whole_request_before(tmp_path: Path) -> None:
    spool = Spool(tmp_path, LIMIT)
    ends = []
    for number in range(1, 6):
        spool.append([request(number)])
        ends.append(spool.size_bytes)
    spool.close()
    (segment,) = tmp_path.iterdir()
    whole = segment.read_bytes()
    for cut in range(len(whole) + 1):
        segment.write_bytes(whole[:cut])
        kept = [one.received_ns for one in read_segment(segment)]
        assert kept == [number for number, end in enumerate(ends, 1) if end <= cut]


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_a_damaged_byte_never_gives_a_wrong_request(at: int, flip: int) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        spool = Spool(Path(name), LIMIT)
        spool.append([request(number) for number in range(1, 6)])
        spool.close()
        (segment,) = Path(name).iterdir()
        damaged = bytearray(segment.read_bytes())
        damaged[at % len(damaged)] ^= flip
        segment.write_bytes(damaged)
        kept = list(read_segment(segment))
        assert kept == [request(number) for number in range(1, len(kept) + 1)]
        assert len(kept) < 5


def test_after_a_torn_tail_new_requests_go_to_a_new_file(tmp_path: Path) -> None:
    first = Spool(tmp_path, LIMIT)
    first.append([request(1)])
    first.close()
    (segment,) = tmp_path.iterdir()
    segment.write_bytes(segment.read_bytes() + b"\x99\x00\x00\x00torn")
    second = Spool(tmp_path, LIMIT)
    second.append([request(2)])
    second.close()
    assert stored(tmp_path) == [request(1), request(2)]


def test_the_bound_counts_what_is_there_already(tmp_path: Path) -> None:
    first = Spool(tmp_path, 300)
    first.append([request(1)])
    first.close()
    second = Spool(tmp_path, first.size_bytes + 10)
    with pytest.raises(StoreUnavailable, match="limit"):
        second.append([request(2)])
    segment = second.segments()[0]
    second.remove(segment)
    second.append([request(2)])
    second.close()
    assert not segment.exists()


def test_a_refused_segment_is_kept_but_not_read_again(tmp_path: Path) -> None:
    spool = Spool(tmp_path, LIMIT)
    spool.append([request(1)])
    spool.quarantine(spool.segments()[0])
    assert not spool
    assert [path.suffix for path in tmp_path.iterdir()] == [".refused"]
    reopened = Spool(tmp_path, LIMIT)
    reopened.append([request(2)])
    reopened.close()
    assert len(list(tmp_path.iterdir())) == 2


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnavailable, match="cannot be opened"):
        Spool(tmp_path / "file" / "spool", LIMIT)


def test_a_foreign_file_in_the_folder_does_not_stop_the_server(tmp_path: Path) -> None:
    (tmp_path / "README").write_text("mine")
    spool = Spool(tmp_path, LIMIT)
    spool.append([request(1)])
    spool.close()
    assert stored(tmp_path) == [request(1)]


# A process whose files may not grow past 600 bytes meets the same short writes and errors as on a full disk.
FULL = """
import resource, signal, sys
from pathlib import Path
from evalwright.domain.errors import StoreUnavailable
from evalwright.ingest.spool import Request, Spool

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (600, resource.RLIM_INFINITY))
spool = Spool(Path(sys.argv[1]), 1 << 20)

def keep(number, size):
    request = Request(signal="traces", media_type="x", project="p", received_ns=number, body=b"b" * size)
    try:
        spool.append([request])
    except StoreUnavailable as error:
        print("refused", number, "cannot be written" in error.message)
    else:
        print("kept", number)

keep(1, 100)
keep(2, 5000)
keep(3, 100)
keep(4, 5000)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
keep(5, 5000)
"""


def test_a_full_disk_refuses_and_loses_nothing_acknowledged(tmp_path: Path) -> None:
    ran = subprocess.run([sys.executable, "-c", FULL, str(tmp_path)], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines() == ["kept 1", "refused 2 True", "kept 3", "refused 4 True", "kept 5"]
    assert [one.received_ns for one in stored(tmp_path)] == [1, 3, 5]


KILLED = """
import sys
from pathlib import Path
from evalwright.ingest.spool import Request, Spool

spool = Spool(Path(sys.argv[1]), 1 << 30)
number = 0
while True:
    number += 1
    spool.append([Request(signal="traces", media_type="x", project="p", received_ns=number, body=b"b" * 3000)])
    print(number, flush=True)
"""


def test_kill_9_loses_nothing_acknowledged(tmp_path: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    for _ in range(30):
        child.stdout.readline()
    os.kill(child.pid, signal.SIGKILL)
    rest = child.stdout.read().split("\n")
    child.wait()
    acknowledged = max([30, *(int(line) for line in rest[:-1])])
    kept = [one.received_ns for one in stored(tmp_path)]
    assert kept == list(range(1, len(kept) + 1))
    assert len(kept) >= acknowledged
    child.stdout.close()
