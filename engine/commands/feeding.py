"""Where a feed goes and what is shown of it: Kafka and the workers' ledger, or a file and an engine in this process."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
from rich.console import Console

from engine.adapters.stay_strata import StrataForecaster
from engine.adapters.topics import events_topic
from engine.commands.feed_progress import progress_shown
from engine.core.decisions import BedAssigned, PatientWaits
from engine.core.errors import BadInput
from engine.settings import Settings, load_settings
from producers.driver import WINDOW, Living, LockstepDriver, Window
from producers.event_file import FilePublisher, read_events
from producers.ledger_reader import KafkaLedgerReader, LedgerReader
from producers.playback import play
from producers.progress import Progress as Confirmed
from producers.publisher import EventSink, KafkaPublisher
from producers.rehearsal import Rehearsal

logging.getLogger("kafka").setLevel(logging.CRITICAL)  # an error is said once, in a sentence of ours


class Feed(msgspec.Struct, frozen=True):
    """Where to and how fast, as the command line says."""

    bootstrap: str | None
    out: Path | None
    speed: float
    resume: Path | None

    def live(self, houses: Sequence[Living], start: datetime, days: int, run: str) -> None:
        """Live `days` from `start`, with progress shown and a summary at the end."""
        if self.out is not None and self.resume is not None:
            raise BadInput("--resume is for Kafka: a file is written whole or not at all")
        confirmed = Confirmed(self.resume, run)
        names = [house.facility_id for house in houses]
        tally: Counter[str] = Counter()
        words = f"{len(houses)} {'facility' if len(houses) == 1 else 'facilities'}"
        with (
            self._engine(names, again=confirmed.confirmed_before > 0) as (sink, ledger),
            progress_shown(words, int(timedelta(days=days) / WINDOW)) as shown,
        ):

            def seen(window: Window) -> None:
                _count(window, tally)
                shown(f"{window.until:%Y-%m-%d %H:%M}  {_figures(tally)}", int((window.until - start) / WINDOW))

            driver = LockstepDriver(houses, sink, ledger, start, speed=self.speed, progress=confirmed)
            driver.run(start + timedelta(days=days), seen)
        _say(tally, self.out)

    @contextmanager
    def _engine(self, facilities: Sequence[str], *, again: bool) -> Iterator[tuple[EventSink, LedgerReader]]:
        """A sink and the ledger that answers it; a file is put in place only when all went well."""
        if self.out is not None:
            with _whole(self.out) as file:
                rehearsal = Rehearsal(StrataForecaster(), file)
                yield rehearsal, rehearsal
            return
        with ExitStack() as closing:
            settings = self._settings()
            bootstrap, security = settings.kafka_bootstrap, settings.kafka_security()
            reader = KafkaLedgerReader(bootstrap, facilities, from_beginning=again, security=security)
            closing.callback(reader.close)
            publisher = KafkaPublisher(bootstrap, security=security)
            closing.callback(publisher.close)
            yield publisher, reader

    def _settings(self) -> Settings:
        """To a Kafka that answers and has the topic: its administration tells sooner and plainer than a producer."""
        settings = load_settings(kafka_bootstrap=self.bootstrap)
        events_topic(settings)
        return settings

    @contextmanager
    def sink(self) -> Iterator[EventSink]:
        """A sink alone: the file, or Kafka."""
        if self.out is not None:
            with _whole(self.out) as file:
                yield file
            return
        settings = self._settings()
        publisher = KafkaPublisher(settings.kafka_bootstrap, security=settings.kafka_security())
        try:
            yield publisher
        finally:
            publisher.close()


def publish_file(path: Path, feed: Feed) -> None:
    """Publish the events of a file as they are, with progress shown."""
    confirmed = Confirmed(feed.resume, f"events of {path.name}")
    with feed.sink() as sink, progress_shown(path.name) as shown:
        total = play(
            read_events(path),
            sink,
            speed=feed.speed,
            progress=confirmed,
            seen=lambda events: shown(f"{events:,} events"),
        )
    Console().print(f"{total:,} events published, {min(total, confirmed.confirmed_before):,} of them earlier")


@contextmanager
def _whole(path: Path) -> Iterator[FilePublisher]:
    file = FilePublisher(path)
    try:
        yield file
    except BaseException:
        file.discard()
        raise
    file.close()


def _count(window: Window, tally: Counter[str]) -> None:
    tally["events"] += len(window.events)
    for record in window.records:
        tally["beds given"] += sum(isinstance(one, BedAssigned) for one in record.decisions)
        tally["waits"] += sum(isinstance(one, PatientWaits) for one in record.decisions)
        tally[f"events {record.outcome}"] += 1


def _figures(tally: Counter[str]) -> str:
    return ", ".join(f"{count:,} {what}" for what, count in tally.items())


def _say(tally: Counter[str], out: Path | None) -> None:
    Console(soft_wrap=True).print(f"{_figures(tally)}{f' → {out}' if out else ''}")
