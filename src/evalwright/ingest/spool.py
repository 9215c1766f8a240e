"""Accepted requests on disk while the store is away.

A segment file is a sequence of frames: length and CRC-32 of the payload (little-endian), then the payload: the length
of a JSON header, the header, the body. A frame is acknowledged only after its fsync, so a file that ends anywhere,
even inside a frame, loses nothing acknowledged. Segments are never appended to after a restart.
"""

from __future__ import annotations

import os
import struct
import threading
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

from evalwright.domain.errors import StoreUnavailable

_FRAME: Final = struct.Struct("<II")
_HEADER: Final = struct.Struct("<I")
_SUFFIX: Final = ".spool"
_SEGMENT_BYTES: Final = 64 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One accepted request, as it must be decoded again: ``signal`` is ``traces``, ``logs`` or ``metrics``."""

    signal: str
    media_type: str
    project: str
    received_ns: int
    body: bytes


class Spool:
    """Owns one folder. Thread-safe."""

    def __init__(self, folder: Path, max_bytes: int) -> None:
        """Opens the folder, making it if absent.

        Raises:
            StoreUnavailable: the folder cannot be made or read.
        """
        self._folder = folder
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._open: BinaryIO | None = None
        try:
            folder.mkdir(parents=True, exist_ok=True)
            ours = [path for path in folder.iterdir() if path.stem.isdecimal()]
            self._bytes = sum(path.stat().st_size for path in ours)
            self._next = 1 + max((int(path.stem) for path in ours), default=0)
            self._waiting = len(self._segments())
        except OSError as cause:
            raise StoreUnavailable(f"the spool at {str(folder)!r} cannot be opened: {cause}") from cause

    @property
    def size_bytes(self) -> int:
        """Bytes on disk, quarantined segments included."""
        return self._bytes

    def __bool__(self) -> bool:
        """True while requests wait to be replayed."""
        return self._waiting > 0

    def append(self, requests: Sequence[Request]) -> None:
        """Writes requests and returns when they would survive power loss: all of them or none.

        Raises:
            StoreUnavailable: the bound is reached or the disk refuses; nothing was kept.
        """
        frames = b"".join(_encode(request) for request in requests)
        with self._lock:
            if self._bytes + len(frames) > self._max_bytes:
                raise StoreUnavailable(f"the spool holds its limit of {self._max_bytes} bytes", retry_after_s=30)
            try:
                self._write(frames)
            except OSError as cause:
                raise StoreUnavailable(f"the spool cannot be written: {cause}", retry_after_s=30) from cause

    def segments(self) -> list[Path]:
        """Returns what waits, oldest first, and seals the open segment so that it can be replayed."""
        with self._lock:
            self._seal()
            return self._segments()

    def remove(self, segment: Path) -> None:
        """Forgets a replayed segment."""
        with self._lock:
            self._bytes -= segment.stat().st_size
            segment.unlink()
            self._waiting -= 1
            _sync_folder(self._folder)

    def quarantine(self, segment: Path) -> None:
        """Sets a segment aside that the store refused; it is kept for a person to look at."""
        with self._lock:
            segment.rename(segment.with_suffix(".refused"))
            self._waiting -= 1
            _sync_folder(self._folder)

    def close(self) -> None:
        """Closes the open segment. Safe to call twice."""
        with self._lock:
            self._seal()

    def _segments(self) -> list[Path]:
        return sorted(path for path in self._folder.glob(f"*{_SUFFIX}") if path.stem.isdecimal())

    def _seal(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None

    def _write(self, frames: bytes) -> None:
        if self._open is None or self._open.tell() >= _SEGMENT_BYTES:
            self._seal()
            self._open = self._create()
        start = self._open.tell()
        try:
            _write_all(self._open, frames)
            os.fsync(self._open.fileno())
        except OSError:
            self._undo(start)
            raise
        self._bytes += len(frames)

    def _create(self) -> BinaryIO:
        path = self._folder / f"{self._next:016d}{_SUFFIX}"
        self._next += 1
        opened = path.open("xb", buffering=0)
        self._waiting += 1
        _sync_folder(self._folder)
        return opened

    def _undo(self, start: int) -> None:
        # A half-written group was never acknowledged. It goes, so that what is acknowledged later can be read.
        if self._open is None:
            return
        path = Path(self._open.name)
        self._open.truncate(start)
        self._seal()
        if not start:
            path.unlink()
            self._waiting -= 1


def _write_all(opened: BinaryIO, data: bytes) -> None:
    rest = memoryview(data)
    while rest:  # a disk that fills up takes a part first and refuses the rest
        rest = rest[opened.write(rest) :]


def read_segment(path: Path) -> Iterator[Request]:
    """Yields the requests of a segment up to the first frame that is cut or damaged."""
    with path.open("rb") as opened:
        while len(head := opened.read(_FRAME.size)) == _FRAME.size:
            length, checksum = _FRAME.unpack(head)
            if length > path.stat().st_size:
                return
            payload = opened.read(length)
            if len(payload) < length or zlib.crc32(payload) != checksum:
                return
            yield _decode(payload)


def _encode(request: Request) -> bytes:
    header = asdict(request)
    body = header.pop("body")
    encoded = msgspec.json.encode(header)
    payload = b"".join((_HEADER.pack(len(encoded)), encoded, body))
    return _FRAME.pack(len(payload), zlib.crc32(payload)) + payload


def _decode(payload: bytes) -> Request:
    (length,) = _HEADER.unpack_from(payload)
    end = _HEADER.size + length
    header = msgspec.json.decode(payload[_HEADER.size : end])
    return Request(**header, body=payload[end:])


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
