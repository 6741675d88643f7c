"""The demo's parts put together: embedded services, a worker under its supervisor, a simulated house, a bed manager."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterable
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec
from rich.console import Console

from engine.adapters.house_figures import HouseFigures
from engine.adapters.maps import load_house
from engine.adapters.topics import ensure_topics
from engine.commands.demo_watch import Stopwatch, TimedSink, planner_runs
from engine.commands.live import Show
from engine.commands.suggestion_reader import SuggestionReader
from engine.core.census import Census
from engine.core.events import Event
from engine.core.ledger import apply_record
from engine.embedded.ports import free_port
from engine.embedded.stack import EmbeddedStack
from engine.settings import Settings, load_settings
from producers.driver import LockstepDriver, Window
from producers.ledger_reader import KafkaLedgerReader
from producers.publisher import KafkaPublisher
from producers.simulator import House


class Plan(msgspec.Struct, frozen=True):
    """What to live through; `seconds` of wall clock (0: full speed)."""

    days: int
    seconds: float
    seed: int
    load: float
    map: str
    answers: bool
    start: datetime

    @property
    def end(self) -> datetime:
        return self.start + timedelta(days=self.days)

    @property
    def speed(self) -> float:
        """Times real time."""
        return self.days * 86_400 / self.seconds if self.seconds else 0.0


class Demo:
    """Everything the demo runs on; leaving the block stops it all."""

    def __init__(self, plan: Plan, home: Path) -> None:
        self._plan = plan
        self._home = home
        self._console = Console(highlight=False)
        self._parts = ExitStack()
        self._facility = load_house(plan.map).facility
        self._census = Census(self._facility.id)
        self._figures = HouseFigures()
        self._watch = Stopwatch()

    def __enter__(self) -> Self:
        try:
            self._open()
        except BaseException:
            self._parts.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._parts.close()

    def _open(self) -> None:
        stack = EmbeddedStack(self._home, self._console.print)
        stack.wipe()
        self._parts.callback(stack.close)
        stack.start()
        self._settings = self._settings_for(stack)
        self._console.print("Creating the topics")
        ensure_topics(self._settings)
        self._parts.callback(self._start_worker().stop)
        kafka = self._settings.kafka_bootstrap
        self._sink = TimedSink(KafkaPublisher(kafka), self._watch)
        self._parts.callback(self._sink.close)
        self._ledger = KafkaLedgerReader(kafka, [self._facility.id], arrived=self._watch.arrived)
        self._parts.callback(self._ledger.close)
        self._suggestions = SuggestionReader(kafka, self._facility.id)
        self._parts.callback(self._suggestions.close)

    def _settings_for(self, stack: EmbeddedStack) -> Settings:
        return load_settings(
            kafka_bootstrap=stack.kafka.bootstrap_servers,
            redis_url=stack.valkey.url,
            maps=self._plan.map,
            metrics_port=free_port(),
            state_dir=self._home / "worker",
            tick_seconds=0,
            log_level="WARNING",
        )

    def _start_worker(self) -> WorkerProcess:
        self._console.print("Starting a worker")
        return WorkerProcess(self._settings, self._home / "logs" / "worker.log")

    # -- the days ----------------------------------------------------------------------------------------------------

    def live(self) -> None:
        """The days of the plan, shown while they pass and summed up at the end."""
        house = House(self._facility, self._plan.seed, self._plan.start, self._plan.load)
        driver = LockstepDriver(
            [house],
            self._sink,
            self._ledger,
            self._plan.start,
            speed=self._plan.speed,
            also=lambda until: self._answers(house, driver.now),
        )
        self._console.print(_opening_words(self._plan, self._facility.name or self._facility.id))
        self._watch.start()
        with Show(self._console) as show:
            driver.run(self._plan.end, lambda window: self._seen(window, show))
        self._sum_up()

    def _answers(self, house: House, now: datetime) -> Iterable[Event]:
        fresh = self._suggestions.fresh()
        self._figures.suggested(len(fresh))
        return [house.answer(suggestion, now) for suggestion in fresh] if self._plan.answers else []

    def _seen(self, window: Window, show: Show) -> None:
        for record in window.records:
            apply_record(self._census, record)
            self._figures.follow(self._census, record)
        done = (window.until - self._plan.start) / (self._plan.end - self._plan.start)
        self._watch.done = done
        if self._watch.is_time_to_show():
            show.update(self._figures.summary(), self._watch.figures())

    def _sum_up(self) -> None:
        machine = msgspec.structs.replace(self._watch.figures(), **planner_runs(self._settings))
        figures = self._figures.summary()
        if not self._plan.answers:
            figures |= {"suggestions": 0}  # how many the planner finds in time depends on the machine, not on the house
        Show(self._console).finish(figures, machine)

    def wait(self) -> None:
        """Leave everything running and say how to look at it."""
        settings = self._settings
        self._console.print(f"Still running, until Ctrl-C. Metrics: http://127.0.0.1:{settings.metrics_port}/metrics")
        self._console.print(f"Kafka: {settings.kafka_bootstrap}   Logs: {self._home / 'logs'}")
        signal.sigwait({signal.SIGINT, signal.SIGTERM})


class WorkerProcess:
    """`bedstream worker` as a child, its log in a file."""

    def __init__(self, settings: Settings, log_file: Path) -> None:
        log_file.parent.mkdir(parents=True, exist_ok=True)
        self._log = log_file.open("ab")
        self._child = subprocess.Popen(
            [sys.executable, "-m", "engine.cli", "worker"],
            env={**os.environ, **settings.environment()},
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
        )

    def stop(self) -> None:
        """Drain and end."""
        self._child.terminate()
        try:
            self._child.wait(20)
        except subprocess.TimeoutExpired:
            self._child.kill()
        self._log.close()


def _opening_words(plan: Plan, name: str) -> str:
    pace = f"spread over {plan.seconds:.0f} s" if plan.seconds else "at full speed"
    who = "a simulated bed manager answers suggestions" if plan.answers else "nobody answers suggestions"
    return f"{name}: {plan.days} days from {plan.start:%A %d %B %Y}, {pace}; seed {plan.seed}, {who}."

