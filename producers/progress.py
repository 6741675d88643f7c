"""How far a replay has come: a small file with the number of events that Kafka confirmed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from engine.core.errors import BadInput
from engine.core.events import Event


class Confirmed(msgspec.Struct, frozen=True):
    """`run` names what was replayed and how: a file of another run is refused."""

    run: str
    events: int = 0


class Progress:
    """Events come in the same order each time; those confirmed before are left out. Without a path nothing is kept."""

    def __init__(self, path: Path | None = None, run: str = "") -> None:
        self._path, self._run = path, run
        self.confirmed_before = self._read() if path is not None and path.exists() else 0
        self._passed = 0

    def not_yet_confirmed(self, events: Sequence[Event]) -> Sequence[Event]:
        """Those of the next `events` that an earlier run did not get through."""
        return events[max(0, self.confirmed_before - self._passed) :]

    def confirm(self, events: int) -> None:
        """So many more events are kept by Kafka."""
        self._passed += events
        if self._path is None or self._passed <= self.confirmed_before:
            return
        beside = self._path.with_name(f".{self._path.name}.new")
        beside.write_bytes(msgspec.json.encode(Confirmed(self._run, self._passed)))
        beside.replace(self._path)

    def _read(self) -> int:
        path = Path(str(self._path))
        try:
            found = msgspec.json.decode(path.read_bytes(), type=Confirmed)
        except (OSError, msgspec.DecodeError) as error:
            raise BadInput(f"{path} is not a progress file of a replay: {error}") from None
        if found.run != self._run:
            raise BadInput(f"{path} belongs to another run ({found.run}): name another file or give the same arguments")
        return found.events
