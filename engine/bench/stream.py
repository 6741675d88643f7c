"""`bedstream bench stream`: rounds in which the contenders take turns, and the worker's latency at a steady pace."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from uuid import uuid4

import msgspec

from engine.bench.contenders import Contender, Running
from engine.bench.latency import Latency, latency_at
from engine.bench.recording import Recorded, record
from engine.bench.throughput import Speed, speed_of
from engine.bench.topics import LedgerWatch, publish, start_anew
from engine.embedded.ports import free_port
from engine.embedded.stack import EmbeddedStack
from engine.settings import Settings, load_settings

ONE_BY_ONE_SHARE = 10
TARGET_RATIO = 0.5


class Wanted(msgspec.Struct, frozen=True):
    """What to measure. `paces` in events per second, each for `paced_seconds`."""

    rounds: int
    events: int
    houses: int
    beds: int
    paces: tuple[float, ...]
    paced_seconds: float

    @property
    def paced_events(self) -> list[int]:
        return [round(pace * self.paced_seconds) for pace in self.paces]


class Measured(msgspec.Struct, frozen=True):
    """Every run of every round, and the latencies. `load_before` is what else the machine was doing at the start."""

    speeds: list[Speed]
    latencies: list[Latency]
    load_before: float

    def of(self, contender: Contender) -> list[Speed]:
        """The contender's runs, in order."""
        return [one for one in self.speeds if one.contender is contender]

    @property
    def ratios(self) -> list[float]:
        """The worker's speed over the hand-written loop's, round by round."""
        pairs = zip(self.of(Contender.WORKER), self.of(Contender.BY_HAND), strict=True)
        return [worker.events_per_second / by_hand.events_per_second for worker, by_hand in pairs]

    @property
    def ratio(self) -> float:
        """Their median."""
        return median(self.ratios)


def measure(wanted: Wanted, home: Path, say: Callable[[str], None]) -> Measured:
    """Everything, on services of its own under `home`, which is emptied first. Raises EmbeddedError, BadInput."""
    say(f"Recording {wanted.houses} houses of {wanted.beds} beds")
    events = record(wanted.houses, wanted.beds, wanted.events + sum(wanted.paced_events))
    stack = EmbeddedStack(home, say)
    stack.wipe()
    with stack:
        return _Bench(wanted, stack, home, say).run(events)


class _Bench:
    def __init__(self, wanted: Wanted, stack: EmbeddedStack, home: Path, say: Callable[[str], None]) -> None:
        self._wanted, self._stack, self._home, self._say = wanted, stack, home, say
        self._measured = Measured([], [], os.getloadavg()[0])

    def run(self, events: Sequence[Recorded]) -> Measured:
        """Contenders change places from round to round, so that neither always goes first."""
        wanted = self._wanted
        for number in range(1, wanted.rounds + 1):
            pair = [Contender.BY_HAND, Contender.WORKER]
            for contender in pair if number % 2 else reversed(pair):
                self._say(f"Round {number} of {wanted.rounds}: {contender.value}")
                asyncio.run(self._one(contender, events[: wanted.events], []))
        self._say(Contender.ONE_BY_ONE.value)
        asyncio.run(self._one(Contender.ONE_BY_ONE, events[: wanted.events // ONE_BY_ONE_SHARE], []))
        if wanted.paces:
            self._say(f"{Contender.WORKER.value} at a steady pace")
            before = wanted.events // ONE_BY_ONE_SHARE
            asyncio.run(self._one(Contender.WORKER, events[:before], events[before:], counts=False))
        return self._measured

    async def _one(
        self, contender: Contender, backlog: Sequence[Recorded], paced: Sequence[Recorded], *, counts: bool = True
    ) -> None:
        settings = self._settings_for(contender)
        facilities = {one.facility for one in backlog}
        await asyncio.to_thread(start_anew, settings, facilities)
        await publish(settings, backlog)
        async with LedgerWatch(settings, facilities) as watch:
            with Running(contender, settings, self._home / "logs" / "contenders.log") as running:
                speed = await speed_of(contender, running, watch, backlog)
                if counts:
                    self._measured.speeds.append(speed)
                await self._pace(settings, paced)

    async def _pace(self, settings: Settings, events: Sequence[Recorded]) -> None:
        for pace, count in zip(self._wanted.paces, self._wanted.paced_events, strict=True):
            if events:
                self._measured.latencies.append(await latency_at(pace, settings, events[:count]))
                events = events[count:]

    def _settings_for(self, contender: Contender) -> Settings:
        """A group of its own for each run; no planner and no tick, so that only the stream is measured."""
        return load_settings(
            kafka_bootstrap=self._stack.kafka.bootstrap_servers,
            redis_url=self._stack.valkey.url,
            maps="builtin:20",
            state_dir=self._home / "worker",
            group_id=f"bench-{uuid4().hex[:8]}",
            metrics_port=free_port(),
            tick_seconds=0,
            planner=False,
            log_level="WARNING",
            **contender.settings,
        )
