"""The engine itself in this process, for producers that write to a file or a test: no Kafka, the same decisions."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from engine.core.census import Census
from engine.core.events import Event
from engine.core.ledger import Arrival, Position, Record, apply_record, step
from engine.core.stay import StayForecaster
from engine.core.visits import admission_of
from producers.publisher import EventSink


class Rehearsal:
    """A sink that decides on every event as a worker would, hands it on to `onward`, and answers as a ledger reader."""

    def __init__(self, forecaster: StayForecaster, onward: EventSink | None = None) -> None:
        self.censuses: dict[str, Census] = {}
        self._forecaster, self._onward = forecaster, onward
        self._records: dict[str, Record] = {}
        self._offset = 0

    def send(self, event: Event, *, timestamp_ms: int) -> None:
        """Decide on one event."""
        census = self.censuses.setdefault(event.facility, Census(event.facility))
        timestamp = datetime.fromtimestamp(timestamp_ms / 1000, UTC)
        arrival = Arrival(event, Position("rehearsal", 0, self._offset), timestamp)
        self._offset += 1
        facts = admission_of(event)
        forecasts = {event.event_id: self._forecaster.forecast([facts])[0]} if facts is not None else {}
        record = step(census, arrival, forecasts)
        apply_record(census, record)
        self._records.setdefault(event.event_id, record)
        if self._onward is not None:
            self._onward.send(event, timestamp_ms=timestamp_ms)

    def records(self, event_ids: Iterable[str]) -> list[Record]:
        """The records of these events."""
        return [self._records.pop(event_id) for event_id in event_ids]

    def flush(self) -> None:
        """Nothing waits here; the sink behind may have something."""
        if self._onward is not None:
            self._onward.flush()

    def close(self) -> None:
        """Close the sink behind."""
        if self._onward is not None:
            self._onward.close()
