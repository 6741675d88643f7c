"""What the demo measures of the machine: events a second, and how long an event takes from producer to ledger."""

from __future__ import annotations

import time
from urllib.request import urlopen

from prometheus_client.parser import text_string_to_metric_families

from engine.adapters.house_figures import nearest_rank
from engine.commands.live import MachineFigures
from engine.core.events import Event
from engine.settings import Settings
from producers.publisher import EventSink

SHOW_EVERY_SECONDS = 0.25


class Stopwatch:
    """Times events by their id, from the moment they are handed to the producer until their record is read."""

    def __init__(self) -> None:
        self.done = 0.0
        self._sent: dict[str, float] = {}
        self._latencies_ms: list[float] = []
        self._began = self._shown = time.monotonic()

    def start(self) -> None:
        self._began = time.monotonic()
        self._latencies_ms.clear()

    def sent(self, event_id: str) -> None:
        self._sent[event_id] = time.monotonic()

    def arrived(self, event_id: str) -> None:
        began = self._sent.pop(event_id, None)
        if began is not None:
            self._latencies_ms.append((time.monotonic() - began) * 1000)

    def is_time_to_show(self) -> bool:
        """A few times a second is enough for people."""
        now = time.monotonic()
        if now - self._shown < SHOW_EVERY_SECONDS:
            return False
        self._shown = now
        return True

    def late_seconds(self, pace_seconds: float) -> float:
        """How far behind an even pace of `pace_seconds` over all; negative while ahead, 0 at full speed."""
        if pace_seconds <= 0:
            return 0.0
        return time.monotonic() - self._began - self.done * pace_seconds

    def figures(self) -> MachineFigures:
        seconds = time.monotonic() - self._began
        return MachineFigures(
            done=self.done,
            seconds=seconds,
            events_per_second=len(self._latencies_ms) / seconds if seconds else 0.0,
            p50_ms=nearest_rank(self._latencies_ms, 0.5),
            p99_ms=nearest_rank(self._latencies_ms, 0.99),
        )


class TimedSink:
    """An EventSink that tells the stopwatch."""

    def __init__(self, sink: EventSink, watch: Stopwatch) -> None:
        self._sink, self._watch = sink, watch

    def send(self, event: Event, *, timestamp_ms: int) -> None:
        self._watch.sent(event.event_id)
        self._sink.send(event, timestamp_ms=timestamp_ms)

    def flush(self) -> None:
        self._sink.flush()

    def close(self) -> None:
        self._sink.close()


def planner_runs(settings: Settings) -> dict[str, int]:
    """Planner runs and how many were coalesced, from the worker's own /metrics."""
    address = f"http://{settings.metrics_host}:{settings.metrics_port}/metrics"
    with urlopen(address, timeout=5) as answer:  # our own worker on loopback
        text = answer.read().decode()
    found = {one.name: one.value for family in text_string_to_metric_families(text) for one in family.samples}
    return {
        "plans": int(found.get("bedstream_plan_seconds_count", 0)),
        "plans_coalesced": int(found.get("bedstream_plan_coalesced_total", 0)),
    }
