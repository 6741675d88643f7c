"""What tests of the lane stand on: houses, a topic with its group's offsets, and the one proof they all end with."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random
from typing import Any, TypeVar

from engine.adapters.fold import Folded, fold
from engine.adapters.lane import Lane, Topic
from engine.adapters.ledger_topic import LedgerTopic, MemoryLedger
from engine.adapters.ports import LaneObserver, Unobserved
from engine.adapters.redis_census import dump_bytes
from engine.adapters.stay_models import FallbackModels
from engine.adapters.stay_strata import MODEL
from engine.adapters.store import MemoryStore, Store
from engine.adapters.wire import Delivery
from engine.core import events as e
from engine.core.codec import decode_record, encode_event
from engine.core.facility import Facility
from engine.core.ledger import Opening, Openings
from engine.core.policy import Policy
from engine.core.terms import BedStatus, Sex
from engine.core.topics import ADT_EVENTS, partition_of
from tests.scenarios.house import ward

BEGAN = datetime(2026, 1, 5, 8, tzinfo=UTC)
TOPIC = Topic("first-life", 4)
WARDS = (ward("M", 2, 1, service="medicine"), ward("S", 2, service="surgery", related="medicine"))
HOUSES = tuple(Facility(id=name, wards=WARDS) for name in ("NORTH", "SOUTH", "WEST"))
BEDS = tuple(HOUSES[0].spots)
MODELS = FallbackModels(Unobserved())
T = TypeVar("T")


def openings(houses: Iterable[Facility] = HOUSES) -> Openings:
    return Openings({house.id: Opening(house, Policy(), MODEL) for house in houses}, MODEL)


class Hurried(asyncio.SelectorEventLoop):
    """A loop without idle time: when nothing is ready, the clock jumps to whatever is due next."""

    _skipped = 0.0

    def time(self) -> float:
        return super().time() + self._skipped

    def _run_once(self) -> None:
        if not self._ready and self._scheduled:
            self._skipped += max(0.0, self._scheduled[0].when() - self.time())
        super()._run_once()


def live(story: Coroutine[Any, Any, T]) -> T:
    """Run a story, its waiting left out."""
    with asyncio.Runner(loop_factory=Hurried) as runner:
        return runner.run(asyncio.wait_for(story, 3600))


@dataclass
class Log:
    """adt.events in memory: each facility's partition, and which offsets the group has acknowledged, in order."""

    topic: Topic = TOPIC
    records: dict[int, list[Delivery]] = field(default_factory=dict)
    acked: dict[int, list[int]] = field(default_factory=dict)
    tick: int = 0

    def add(self, event: e.Event, *, key: bytes | None = None, partition: int | None = None) -> Delivery:
        raw = encode_event(event)
        home = partition_of(event.facility, self.topic.partitions) if partition is None else partition
        return self.add_raw(raw, key=event.facility.encode() if key is None else key, partition=home)

    def add_raw(self, raw: bytes | None, *, key: bytes | None, partition: int) -> Delivery:
        held = self.records.setdefault(partition, [])
        acked = self.acked.setdefault(partition, [])
        self.tick += 1
        stamp = round((BEGAN + timedelta(minutes=self.tick)).timestamp() * 1000)
        offset = len(held)
        held.append(Delivery(ADT_EVENTS, partition, offset, stamp, key, raw, partial(acked.append, offset)))
        return held[-1]

    def all(self) -> list[Delivery]:
        """Everything, in the order in which it was published (partitions keep theirs)."""
        return sorted((one for held in self.records.values() for one in held), key=lambda one: one.timestamp_ms)

    def committed(self, partition: int) -> int:
        """The offset from which Kafka would deliver to whoever comes next."""
        acked = set(self.acked.get(partition, []))
        return next(offset for offset in range(len(self.records.get(partition, [])) + 1) if offset not in acked)


def make_lane(
    store: Store,
    ledger: LedgerTopic,
    log: Log,
    *,
    observer: LaneObserver | None = None,
    models: Any = MODELS,
    known: Openings | None = None,
) -> Lane:
    return Lane(store, ledger, models, known or openings(), observer or Unobserved(), log.topic)


async def through(lane: Lane, deliveries: list[Delivery], at_once: int = 256) -> None:
    """Hand everything to the lane, in batches, and let it be acknowledged."""
    lane.start()
    for start in range(0, len(deliveries), at_once):
        await lane.handle(deliveries[start : start + at_once])
    await lane.stop(600)


# -- what happens in the houses ----------------------------------------------------------------------------------------


def days(seed: int, count: int, houses: Iterable[Facility] = HOUSES) -> list[e.Event]:
    """Patients come, lie, move and go; beds are cleaned; some facts come twice, some make no sense."""
    random, told = Random(seed), []
    houses = list(houses)
    for number in range(count):
        if told and random.random() < 0.08:
            told.append(random.choice(told))
        else:
            told.append(_happening(random, random.choice(houses).id, number))
    return told


def _happening(random: Random, facility: str, number: int) -> e.Event:
    visit, bed = f"v{random.randrange(12)}", random.choice(BEDS)
    said: dict[str, Any] = {
        "event_id": f"{facility}-{number}",
        "facility": facility,
        "at": BEGAN + timedelta(minutes=number),
        "source": "test",
    }
    wanted = e.Needs(
        service=random.choice(["medicine", "surgery"]), sex=random.choice([Sex.FEMALE, Sex.MALE]), age_years=40
    )
    match random.randrange(8):
        case 0 | 1 | 2:
            return e.PlacementRequested(visit=visit, needs=wanted, **said)
        case 3:
            return e.PatientLocated(visit=visit, place=e.Place(bed), needs=wanted, **said)
        case 4:
            return e.VisitDischarged(visit=visit, **said)
        case 5 | 6:
            return e.BedStatusChanged(bed=bed, status=random.choice([BedStatus.AVAILABLE, BedStatus.DIRTY]), **said)
        case _:
            return e.PatientsSwapped(visit=visit, place=e.Place(bed), other=visit, other_place=e.Place(bed), **said)


# -- the proof ---------------------------------------------------------------------------------------------------------


def as_read(entries: Iterable[bytes]) -> list[bytes]:
    """The ledger as any reader takes it: what was known is dropped, what comes too early waits. No gap may be left."""
    taken: list[bytes] = []
    furthest = 0
    for raw in entries:
        version = decode_record(raw).version
        furthest = max(furthest, version)
        if version == len(taken) + 1:
            taken.append(raw)
        elif version <= len(taken):
            assert raw == taken[version - 1], "one version, two records"
    assert len(taken) == furthest, f"the ledger has version {furthest}, and none after {len(taken)}"
    return taken


def folded(log: Log, known: Openings | None = None, models: Any = MODELS) -> Folded:
    return fold(log.all(), log.topic.id, log.topic.partitions, known or openings(), models)


async def prove(store: Store, entries: dict[str, list[bytes]], expected: Folded) -> None:
    """Ledger = store = one sequential fold of the topic, byte for byte; a patient in one bed, a bed with one holder."""
    assert {name for name, raws in entries.items() if raws} == set(expected.ledger), "houses in the ledger"
    for facility, ledger in expected.ledger.items():
        census = expected.censuses[facility]
        assert as_read(entries[facility]) == ledger, f"the ledger of {facility}"
        stored = await store.load(facility)
        assert stored is not None
        assert dump_bytes(stored) == census.dump(), f"the state of {facility}"
        claims = [visit for bed in census.beds.values() for visit in bed.claims]
        assert len(claims) == len(set(claims)), "a patient in two beds"
        assert stored.outbox == tuple(ledger[len(ledger) - len(stored.outbox) :]), "the outbox"


async def lived_well(log: Log, store: MemoryStore, ledger: MemoryLedger, known: Openings | None = None) -> None:
    """The proof, and everything acknowledged once and in order."""
    await prove(store, ledger.entries, folded(log, known))
    for partition, held in log.records.items():
        assert log.acked[partition] == [one.offset for one in held], "acknowledged in order"
