"""What every sink of events must do; run over each of them, and over a fake that other tests use."""

from datetime import UTC, datetime, timedelta

from engine.core.events import Event, TimePassed
from producers.event_file import TimedEvent

BEGAN = datetime(2026, 3, 1, 8, tzinfo=UTC)


class MemorySink:
    """The fake: a list that is only filled by a flush."""

    def __init__(self) -> None:
        self.kept: list[TimedEvent] = []
        self._waiting: list[TimedEvent] = []

    def send(self, event: Event, *, timestamp_ms: int) -> None:
        self._waiting.append(TimedEvent(event, timestamp_ms))

    def flush(self) -> None:
        self.kept += self._waiting
        self._waiting.clear()

    def close(self) -> None:
        self.flush()


def hours_passed(facility: str, hours: int) -> list[TimedEvent]:
    """One event an hour."""
    times = [BEGAN + timedelta(hours=hour) for hour in range(hours)]
    return [
        TimedEvent(
            TimePassed(event_id=f"{facility}-{at:%H}", facility=facility, at=at, source="test"),
            round(at.timestamp() * 1000),
        )
        for at in times
    ]


class SinkConformance:
    """`sink` is a fresh sink, `kept` reads back what it has kept, in order for each facility."""

    def test_what_was_sent_is_kept_in_order_with_its_time(self, sink, kept):
        sent = hours_passed("A", 20)
        for one in sent:
            sink.send(one.event, timestamp_ms=one.timestamp_ms)
        sink.close()
        assert kept() == sent

    def test_each_house_keeps_its_own_order(self, sink, kept):
        sent = [one for pair in zip(hours_passed("A", 9), hours_passed("B", 9), strict=True) for one in pair]
        for one in sent:
            sink.send(one.event, timestamp_ms=one.timestamp_ms)
        sink.close()
        for house in ("A", "B"):
            assert [one for one in kept() if one.event.facility == house] == hours_passed(house, 9)

    def test_nothing_sent_is_nothing_kept(self, sink, kept):
        sink.flush()
        sink.close()
        assert kept() == []

    def test_closing_twice_does_no_harm(self, sink, kept):
        sink.close()
        sink.close()
