"""Nothing lost, nothing double, whatever fails when: an adversary schedules two workers and faults at every port."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from random import Random
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from engine.adapters.lane import Lane, StateLost
from engine.adapters.ledger_topic import MemoryLedger
from engine.adapters.store import Commit, MemoryStore, Stored
from engine.core.events import TimePassed
from tests.lane.faults import FailingLedger, FailingStore, Fault, Faults
from tests.lane.kit import BEGAN, HOUSES, Log, days, folded, live, make_lane, prove


class Step(NamedTuple):
    """What the adversary does next: lets a worker take events, cuts it off, or sets the store back."""

    worker: int
    kind: str
    size: int


KINDS = (
    "takes",
    "takes",
    "takes",
    "takes while the other does",
    "is killed",
    "rebalances",
    "store lost",
    "store set back",
)
steps = st.builds(Step, st.sampled_from([0, 1]), st.sampled_from(KINDS), st.integers(1, 9))


class Worker:
    """A process with its own connections: killed, it leaves behind what it had sent."""

    def __init__(self, log: Log, store: MemoryStore, ledger: MemoryLedger, faults: Faults) -> None:
        self._log, self._ports = log, (store, ledger, faults)
        self._begin()

    def _begin(self) -> None:
        store, ledger, faults = self._ports
        self.lane: Lane = make_lane(FailingStore(store, faults), FailingLedger(ledger, faults), self._log)
        self._acker = self.lane.start()
        self._at: dict[int, int] = {}

    def rebalances(self) -> None:
        """Given its partitions anew, it reads on where the group's offsets stand."""
        self.lane.forget()
        self._at = {}

    def is_killed(self) -> None:
        self._acker.cancel()
        self._begin()

    async def takes(self, size: int) -> None:
        """The next events of every partition, as they come. A worker that cannot go on is started again."""
        batch = []
        for partition, held in self._log.records.items():
            start = self._at.get(partition, self._log.committed(partition))
            self._at[partition] = min(start + size, len(held))
            batch += held[start : start + size]
        try:
            if batch:
                await self.lane.handle(batch)
        except StateLost:
            self.is_killed()
        if self._acker.done():
            self.is_killed()

    async def finishes(self) -> None:
        for _ in range(3):  # a first start may find that the state went back, a second one finds it mended
            self.is_killed()
            for _ in self._log.all():
                await self.takes(3)
            with suppress(asyncio.CancelledError, StateLost):
                await self.lane.stop(600)
        assert all(self._log.committed(one) == len(held) for one, held in self._log.records.items()), (
            "never acknowledged"
        )


async def lives_through(plan: list[Step], faults: list[Fault], store: MemoryStore, seed: int) -> None:
    log, ledger, coming = Log(), MemoryLedger(), Faults(faults)
    for event in days(seed, 30):
        log.add(event)
    workers = [Worker(log, store, ledger, coming) for _ in range(2)]
    backup = copy_of(store)
    for step in plan:
        worker, other = workers[step.worker], workers[1 - step.worker]
        match step.kind:
            case "takes":
                await worker.takes(step.size)
            case "takes while the other does":
                await asyncio.gather(worker.takes(step.size), other.takes(10 - step.size))
            case "is killed":
                worker.is_killed()
            case "rebalances":
                worker.rebalances()
            case "store lost":
                set_to(store, copy_of(MemoryStore()))
            case "store set back":
                set_to(store, backup)
                backup = copy_of(store)
        if step.size == 1:
            backup = copy_of(store)
    coming.end()
    for house in HOUSES:  # a state that was lost comes back with the next event of its house
        log.add(TimePassed(event_id="end", facility=house.id, at=BEGAN, source="test"))
    await workers[0].finishes()
    await prove(store, ledger.entries, folded(log))


def copy_of(store: MemoryStore) -> tuple[dict, dict, dict]:
    rows = {facility: {name: dict(row) for name, row in tables.items()} for facility, tables in store._rows.items()}
    return rows, {facility: list(outbox) for facility, outbox in store._outbox.items()}, dict(store._heads)


def set_to(store: MemoryStore, copy: tuple[dict, dict, dict]) -> None:
    store._rows, store._outbox, store._heads = copy


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(plan=st.lists(steps, max_size=14), faults=st.lists(st.sampled_from(Fault), max_size=60), seed=st.integers(0, 9))
def test_ledger_and_store_are_the_fold_of_the_topic_whatever_fails(plan, faults, seed):
    live(lives_through(plan, faults, MemoryStore(), seed))


class ForgetfulStore(MemoryStore):
    """A broken control: it says that everything is in the ledger, so nothing is published again."""

    async def load(self, facility: str) -> Stored | None:
        stored = await super().load(facility)
        return stored and replace(stored, confirmed=self._heads[facility][0], outbox=())


class TrustingStore(MemoryStore):
    """A broken control: it takes every commit without comparing."""

    def _commit(self, commit: Commit) -> bool:
        version, offset, _, _ = self._heads.get(commit.facility, (0, -1, 0, -1))
        beds = self._rows.get(commit.facility, {}).get("beds", {})
        same = {bed: beds.get(bed) for bed in commit.expected_beds}
        return super()._commit(replace(commit, expected_version=version, expected_offset=offset, expected_beds=same))


@pytest.mark.parametrize("broken", [ForgetfulStore, TrustingStore])
def test_the_same_check_catches_a_lane_that_is_broken_on_purpose(broken):
    caught = sum(is_caught(broken(), seed) for seed in range(60))
    assert caught >= 3, f"{caught} of 60 schedules"


def is_caught(store: MemoryStore, seed: int) -> bool:
    random = Random(seed)
    plan = [Step(random.randrange(2), random.choice(KINDS[:6]), random.randint(1, 9)) for _ in range(12)]
    faults = random.choices(list(Fault), k=60)
    try:
        live(lives_through(plan, faults, store, seed))
    except Exception:  # noqa: BLE001  # the proof fails, or a reader meets what it cannot go on from
        return True
    return False
