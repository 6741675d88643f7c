"""Events in a file, one JSON object a line: {"timestamp_ms": …, "event": {…}}; gzip where the name ends in .gz."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

import msgspec

from engine.core.codec import decode_event, encode_event
from engine.core.errors import BadInput
from engine.core.events import Event


class TimedEvent(msgspec.Struct, frozen=True):
    """An event and the timestamp its Kafka record bears (milliseconds since 1970)."""

    event: Event
    timestamp_ms: int


class _Line(msgspec.Struct, frozen=True):
    timestamp_ms: int
    event: msgspec.Raw


_encode = msgspec.json.Encoder().encode
_lines: msgspec.json.Decoder[_Line] = msgspec.json.Decoder(_Line)


class FilePublisher:
    """Writes beside the target and puts it in place when closed: the file is whole or not there. Raises BadInput."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._unfinished = path.with_name(f".{path.name}.unfinished")
        try:
            self._file = _open(self._unfinished, "wb", packed=path.suffix == ".gz")
        except OSError as error:
            raise BadInput(f"{path} cannot be written: {error.strerror}") from error

    def send(self, event: Event, *, timestamp_ms: int) -> None:
        """Add one event."""
        self._file.write(_encode(_Line(timestamp_ms, msgspec.Raw(encode_event(event)))) + b"\n")

    def flush(self) -> None:
        """Nothing yet: a file is kept when it is closed; the same events give the same bytes however often asked."""

    def close(self) -> None:
        """Finish the file and put it in place."""
        if self._file.closed:
            return
        self._file.close()
        self._unfinished.replace(self._path)

    def discard(self) -> None:
        """Leave nothing behind: what was to be written did not come about."""
        self._file.close()
        self._unfinished.unlink(missing_ok=True)


def read_events(path: Path) -> Iterator[TimedEvent]:
    """The events of such a file, in order. A line that is not one raises BadInput with its number."""
    number = 0
    try:
        with _open(path, "rb", packed=path.suffix == ".gz") as lines:
            for line in lines:
                number += 1
                yield _read(line)
    except (msgspec.DecodeError, BadInput) as error:
        raise BadInput(f"line {number} of {path} is not an event: {error}") from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise BadInput(f"{path} breaks off after line {number}: it is not a whole gzip file ({error})") from None
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}") from error


def _read(line: bytes) -> TimedEvent:
    found = _lines.decode(line)
    return TimedEvent(decode_event(bytes(found.event)), found.timestamp_ms)


def _open(path: Path, mode: str, *, packed: bool) -> IO[bytes]:
    """`packed` without a time in the header, so that the same events give the same file."""
    if not packed:
        return cast("IO[bytes]", path.open(mode))
    if "r" in mode:
        return cast("IO[bytes]", gzip.open(path, mode))
    return cast("IO[bytes]", _TimelessGzip(path))


class _TimelessGzip(gzip.GzipFile):
    def __init__(self, path: Path) -> None:
        self._below = path.open("wb")
        super().__init__(filename="", mode="wb", fileobj=self._below, mtime=0, compresslevel=6)

    def close(self) -> None:
        super().close()
        self._below.close()
