"""The demo on an engine that is up: a simulated house lives, a simulated bed manager answers, somebody watches."""

from __future__ import annotations

import time
from contextlib import ExitStack, closing
from datetime import datetime, timedelta

import msgspec
from rich.console import Console

from engine.adapters.house_figures import HouseFigures
from engine.adapters.maps import load_house
from engine.commands.demo_watch import Stopwatch, TimedSink, planner_runs
from engine.commands.live import Show
from engine.commands.local_engine import LocalEngine
from engine.commands.suggestion_reader import SuggestionReader
from engine.core.census import Census
from engine.core.events import Event
from engine.core.ledger import apply_record
from engine.planning.message import PlanMessage
from producers.driver import WINDOW, LockstepDriver, Window
from producers.ledger_reader import KafkaLedgerReader
from producers.publisher import KafkaPublisher
from producers.simulator import House

ROUND_EVERY = timedelta(hours=4)
PLAN_WITHIN_SECONDS = 4.0
LATE_SECONDS = 5.0


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


class BedManager:
    """The simulated bed manager: on rounds every few hours, answers the suggestions of a plan that is up to date."""

    def __init__(self, house: House, reader: SuggestionReader, figures: HouseFigures) -> None:
        self._house, self._reader, self._figures = house, reader, figures
        self._next_round: datetime | None = None

    def answers(self, now: datetime, *, wait: bool) -> list[Event]:
        """Answers for the window that starts now; between rounds plans are only counted.

        On a round it waits for the planner to have seen the house as it is, unless the demo is late already.
        """
        plans = self._count(self._reader.plans())
        if self._next_round is not None and now < self._next_round:
            return []
        self._next_round = now + ROUND_EVERY
        until = time.monotonic() + (PLAN_WITHIN_SECONDS if wait else 0.0)
        while not (fresh := [plan for plan in plans if plan.lane_time >= now - WINDOW]) and time.monotonic() < until:
            plans = self._count(self._reader.plans(wait_ms=50))
        return [self._house.answer(suggestion, now) for suggestion in fresh[-1].suggestions] if fresh else []

    def _count(self, plans: list[PlanMessage]) -> list[PlanMessage]:
        for plan in plans:
            self._figures.suggested(len(plan.suggestions))
        return plans


class Demo:
    """One run of the demo on an engine that is up."""

    def __init__(self, plan: Plan, engine: LocalEngine, console: Console, show: Show | None = None) -> None:
        self._plan, self._engine, self._console = plan, engine, console
        self._show = show or Show(console)
        self._facility = load_house(plan.map).facility
        self._census = Census(self._facility.id)
        self._figures = HouseFigures()
        self._watch = Stopwatch()

    def live(self) -> None:
        """The days of the plan, shown while they pass and summed up at the end."""
        kafka = self._engine.settings.kafka_bootstrap
        with ExitStack() as parts:
            sink = parts.enter_context(closing(TimedSink(KafkaPublisher(kafka), self._watch)))
            reader = KafkaLedgerReader(kafka, [self._facility.id], arrived=self._watch.arrived)
            ledger = parts.enter_context(closing(reader))
            suggestions = parts.enter_context(closing(SuggestionReader(kafka, self._facility.id)))
            self._live(sink, ledger, suggestions)

    def _live(self, sink: TimedSink, ledger: KafkaLedgerReader, suggestions: SuggestionReader) -> None:
        house = House(self._facility, self._plan.seed, self._plan.start, self._plan.load)
        manager = BedManager(house, suggestions, self._figures) if self._plan.answers else None
        driver = LockstepDriver(
            [house],
            sink,
            ledger,
            self._plan.start,
            also=lambda _until: manager.answers(driver.now, wait=not self._is_late()) if manager else (),
        )
        self._console.print(_opening_words(self._plan, self._facility.name or self._facility.id))
        with self._show:
            self._seen(driver.window(self._plan.start + WINDOW))
            self._watch.start()  # the first window fills the house and waits for the worker: nobody's latency
            driver.run(self._plan.end, self._seen)
        self._sum_up()

    def _seen(self, window: Window) -> None:
        for record in window.records:
            apply_record(self._census, record)
            self._figures.follow(self._census, record)
        self._watch.done = (window.until - self._plan.start) / (self._plan.end - self._plan.start)
        if self._watch.is_time_to_show():
            self._show.update(self._figures.summary(), self._watch.figures())
        time.sleep(max(0.0, -self._watch.late_seconds(self._plan.seconds)))

    def _is_late(self) -> bool:
        return self._watch.late_seconds(self._plan.seconds) > LATE_SECONDS

    def _sum_up(self) -> None:
        runs = planner_runs(self._engine.settings)
        self._show.finish(self._figures.summary(), msgspec.structs.replace(self._watch.figures(), **runs))


def _opening_words(plan: Plan, name: str) -> str:
    pace = f"spread over {plan.seconds:.0f} s" if plan.seconds else "at full speed"
    who = "a simulated bed manager answers suggestions" if plan.answers else "nobody answers suggestions"
    return f"{name}: {plan.days} days from {plan.start:%A %d %B %Y}, {pace}; seed {plan.seed}, {who}."
