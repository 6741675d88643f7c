"""What the lane promises: committed once, in the ledger before it is acknowledged, one reason for each refusal."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from engine.adapters.ledger_topic import MemoryLedger
from engine.adapters.ports import Unobserved
from engine.adapters.store import MemoryStore
from engine.core import events as e
from engine.core.codec import decode_record, encode_event
from engine.core.decisions import VisitRecorded
from engine.core.facility import Facility
from engine.core.ledger import Openings
from engine.core.stay import forecast_from_survival
from engine.core.topics import partition_of
from tests.lane.faults import FailingLedger, FailingStore, Fault, Faults
from tests.lane.kit import (
    BEGAN,
    HOUSES,
    MODELS,
    WARDS,
    Log,
    days,
    folded,
    live,
    lived_well,
    make_lane,
    openings,
    prove,
    through,
)
from tests.scenarios.house import KNOT_NIGHTS

HOUSE = HOUSES[0].id


def request(number: int, visit: str = "v1", facility: str = HOUSE, **rest) -> e.PlacementRequested:
    said = {"event_id": f"r{number}", "facility": facility, "at": BEGAN, "source": "test", **rest}
    return e.PlacementRequested(visit=visit, needs=e.Needs(service="medicine", age_years=40), **said)


def a_log(*events: e.Event) -> Log:
    log = Log()
    for event in events or days(3, 60):
        log.add(event)
    return log


class Watcher(Unobserved):
    """Counts what it is told."""

    def __init__(self) -> None:
        self.refusals: list[str] = []
        self.pauses: list[tuple[int, bool]] = []
        self.rebuilds = self.redeliveries = 0
        self.lags: dict[int, float] = {}

    def rejected(self, reason_class: str) -> None:
        self.refusals.append(reason_class)

    def paused(self, partition: int, is_paused: bool) -> None:
        self.pauses.append((partition, is_paused))

    def rebuilt(self) -> None:
        self.rebuilds += 1

    def redelivery(self, records: int = 1) -> None:
        self.redeliveries += records

    def lag(self, partition: int, seconds: float) -> None:
        self.lags[partition] = seconds


# -- batches -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("at_once", [1, 2, 7, 256])
def test_a_batch_is_as_good_as_its_events_one_by_one(at_once):
    async def story():
        log, store, ledger = a_log(*days(1, 150)), MemoryStore(), MemoryLedger()
        await through(make_lane(store, ledger, log), log.all(), at_once)
        await lived_well(log, store, ledger)

    live(story())


def test_the_outbox_is_trimmed_to_what_the_broker_has():
    async def story():
        log, store, ledger = a_log(*(request(n) for n in range(40))), MemoryStore(), MemoryLedger()
        lane = make_lane(store, ledger, log)
        lane.start()
        for delivery in log.all():
            await lane.handle([delivery])
            await asyncio.sleep(0.01)
        stored = await store.load(HOUSE)
        assert stored is not None
        assert len(stored.outbox) == 1

    live(story())


def test_nothing_is_acknowledged_before_the_broker_has_it():
    class SlowBroker(MemoryLedger):
        async def append(self, facility, records, timestamp_ms):
            sent = await super().append(facility, records, timestamp_ms)
            promise = asyncio.get_running_loop().create_future()
            asyncio.get_running_loop().call_later(1.0, promise.set_result, sent.result())
            return promise

    async def story():
        log, ledger = a_log(*(request(n) for n in range(6))), SlowBroker()
        lane = make_lane(MemoryStore(), ledger, log)
        lane.start()
        for delivery in log.all():
            await lane.handle([delivery])
        home = log.all()[0].partition
        assert log.acked[home] == []
        await lane.stop()
        assert log.acked[home] == list(range(6))

    live(story())


def test_a_model_forecasts_only_what_comes_after_its_promotion():
    class Models:
        def serving(self, model):
            self.model = model
            return self

        def forecast(self, admissions):
            return [forecast_from_survival([1.0] * len(KNOT_NIGHTS), self.model) for _ in admissions]

    async def story():
        said = {"facility": HOUSE, "at": BEGAN, "source": "test"}
        promoted = e.ModelPromoted(event_id="p", model="v2", **said)
        log, store, ledger = a_log(request(1, "a"), promoted, request(2, "b")), MemoryStore(), MemoryLedger()
        await through(make_lane(store, ledger, log, models=Models()), log.all())
        await prove(store, ledger.entries, folded(log, models=Models()))
        records = [decode_record(raw) for raw in ledger.entries[HOUSE]]
        admitted = [one for record in records for one in record.decisions if isinstance(one, VisitRecorded)]
        models = [one.visit.forecast.model for one in admitted if one.visit.forecast]
        assert models[0] != "v2"
        assert models[-1] == "v2"

    live(story())


def test_a_house_may_be_opened_by_its_own_map():
    async def story():
        new = Facility(id="EAST", wards=WARDS)
        opened = e.MapChanged(event_id="m", facility="EAST", at=BEGAN, source="test", map=new, sha256=new.sha256)
        log, store, ledger = a_log(opened, request(1, facility="EAST")), MemoryStore(), MemoryLedger()
        await through(make_lane(store, ledger, log, known=openings([])), log.all())
        await lived_well(log, store, ledger, openings([]))

    live(story())


def test_the_lag_is_the_age_of_the_last_record():
    async def story():
        log, watcher = a_log(request(1)), Watcher()
        await through(make_lane(MemoryStore(), MemoryLedger(), log, observer=watcher), log.all())
        assert set(watcher.lags) == {log.all()[0].partition}
        assert all(seconds >= 0 for seconds in watcher.lags.values())

    live(story())


# -- what comes again --------------------------------------------------------------------------------------------------


def test_what_is_delivered_again_changes_nothing_and_is_acknowledged():
    async def story():
        log, store, ledger, watcher = a_log(), MemoryStore(), MemoryLedger(), Watcher()
        await through(make_lane(store, ledger, log), log.all(), 9)
        for acked in log.acked.values():
            acked.clear()
        await through(make_lane(store, ledger, log, observer=watcher), log.all(), 4)
        await lived_well(log, store, ledger)
        assert watcher.redeliveries == len(log.all())

    live(story())


def test_an_event_sent_twice_is_recorded_as_a_duplicate():
    async def story():
        log, ledger = a_log(request(1), request(1)), MemoryLedger()
        await through(make_lane(MemoryStore(), ledger, log), log.all())
        assert [decode_record(raw).outcome.value for raw in ledger.entries[HOUSE]] == ["applied", "duplicate"]

    live(story())


def test_redeliveries_are_acknowledged_only_when_their_outbox_is_safe():
    async def story():
        log, store = a_log(*(request(n) for n in range(5))), MemoryStore()
        await through(make_lane(store, MemoryLedger(), log), log.all())
        log.acked[log.all()[0].partition].clear()
        ledger = MemoryLedger()  # a broker that never got any of it
        await through(make_lane(store, ledger, log), log.all())
        await lived_well(log, store, ledger)

    live(story())


# -- bad input ---------------------------------------------------------------------------------------------------------


def bad(log: Log, what: str) -> None:
    home = partition_of(HOUSE, log.topic.partitions)
    raw, key = encode_event(request(1)), HOUSE.encode()
    match what:
        case "not JSON":
            log.add_raw(b"{", key=key, partition=home)
        case "empty value":
            log.add_raw(None, key=key, partition=home)
        case "neither key nor value":
            log.add_raw(None, key=None, partition=home)
        case "wrong key":
            log.add_raw(raw, key=b"elsewhere", partition=home)
        case "wrong partition":
            log.add_raw(raw, key=key, partition=(home + 1) % log.topic.partitions)
        case "unknown facility":
            log.add(request(1, facility="NOWHERE"))
        case "unapplicable":
            log.add(request(1, at=BEGAN + timedelta(days=20)))
        case "untimely":
            log.add(request(1, at=BEGAN - timedelta(days=900)))


REFUSED = {
    "not JSON": ("unreadable", "not JSON"),
    "empty value": ("unreadable", "no value"),
    "neither key nor value": ("unreadable", "no value"),
    "wrong key": ("wrong_key", "key"),
    "wrong partition": ("wrong_partition", "belongs to partition"),
    "unknown facility": ("unknown_facility", "not known"),
    "unapplicable": ("unapplicable", "a day after the record's time"),
    "untimely": ("untimely", "over a year apart"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_bad_event_is_kept_with_its_reason_and_the_lane_goes_on(what):
    async def story():
        log, store, ledger, watcher = Log(), MemoryStore(), MemoryLedger(), Watcher()
        log.add(request(10, "a"))
        bad(log, what)
        log.add(request(11, "b"))
        await through(make_lane(store, ledger, log, observer=watcher), log.all())
        await lived_well(log, store, ledger)
        (rejection,) = ledger.rejections
        assert rejection.raw == log.all()[1].value
        assert watcher.refusals == [REFUSED[what][0]]
        assert REFUSED[what][1] in rejection.reason
        assert len(ledger.entries[HOUSE]) == (3 if what == "unapplicable" else 2), "only what was read has a record"

    live(story())


def test_an_unknown_facility_is_looked_for_once_and_taken_when_it_brings_its_map():
    class CountingStore(MemoryStore):
        loads = 0

        async def load(self, facility):
            self.loads += facility == "NOWHERE"
            return await super().load(facility)

    async def story():
        log, store, ledger = Log(), CountingStore(), MemoryLedger()
        for number in range(3):
            log.add(request(number, facility="NOWHERE"))
        house = Facility(id="NOWHERE", wards=WARDS)
        log.add(e.MapChanged(event_id="m", facility="NOWHERE", at=BEGAN, source="t", map=house, sha256=house.sha256))
        log.add(request(9, "i", facility="NOWHERE"))
        await through(make_lane(store, ledger, log), log.all(), at_once=1)
        assert len(ledger.rejections) == 3
        assert len(ledger.entries["NOWHERE"]) == 2
        assert store.loads == 2

    live(story())


def test_an_event_the_engine_fails_on_is_kept_and_the_others_are_decided(monkeypatch):
    from engine.adapters import batch

    def advance(census, arrival, *rest):
        if arrival.event.event_id == "r2":
            raise ZeroDivisionError
        return whole(census, arrival, *rest)

    whole = batch.advance
    monkeypatch.setattr(batch, "advance", advance)

    async def story():
        log, store, ledger = a_log(*(request(n, f"v{n}") for n in range(4))), MemoryStore(), MemoryLedger()
        await through(make_lane(store, ledger, log), log.all())
        await lived_well(log, store, ledger)
        assert "ZeroDivisionError" in ledger.rejections[0].reason
        assert len(ledger.entries[HOUSE]) == 3

    live(story())


def test_a_patient_on_whom_the_stay_model_fails_is_placed_all_the_same():
    class Picky:
        def serving(self, model):
            return self

        def forecast(self, admissions):
            if len(admissions) > 1 or admissions[0].age_years == 41:
                raise ValueError("cannot say")
            return MODELS.serving("").forecast(admissions)

    async def story():
        log, store, ledger = a_log(*days(5, 40)), MemoryStore(), MemoryLedger()
        await through(make_lane(store, ledger, log, models=Picky()), log.all())
        await prove(store, ledger.entries, folded(log, models=Picky()))

    live(story())


# -- what fails --------------------------------------------------------------------------------------------------------

FAILURES = [Fault.BEFORE, Fault.AFTER, Fault.HALF, Fault.LATE]


@pytest.mark.parametrize("fault", FAILURES)
@pytest.mark.parametrize("calls_before", range(14))
def test_one_failure_at_any_call_leaves_no_trace(fault, calls_before):
    async def story():
        log, store, ledger, watcher = a_log(*days(2, 24)), MemoryStore(), MemoryLedger(), Watcher()
        faults = Faults([Fault.NONE] * calls_before + [fault])
        lane = make_lane(FailingStore(store, faults), FailingLedger(ledger, faults), log, observer=watcher)
        await through(lane, log.all(), 6)
        await lived_well(log, store, ledger)
        assert sum(on for _, on in watcher.pauses) == 0 or watcher.pauses[-1][1] is False, "the pause is told to end"

    live(story())


def test_while_the_store_is_away_the_lane_is_paused_and_goes_on_by_itself():
    async def story():
        log, store, ledger, watcher = a_log(*days(2, 24)), MemoryStore(), MemoryLedger(), Watcher()
        faults = Faults([Fault.BEFORE] * 30)
        lane = make_lane(FailingStore(store, faults), FailingLedger(ledger, Faults()), log, observer=watcher)
        await through(lane, log.all(), 6)
        await lived_well(log, store, ledger)
        assert watcher.pauses[0][1] is True
        assert watcher.pauses[-1][1] is False

    live(story())


def test_what_another_worker_wrote_wins_and_the_batch_is_decided_again():
    async def story():
        log, store, ledger = a_log(*days(4, 60)), MemoryStore(), MemoryLedger()
        one, other = (make_lane(store, ledger, log) for _ in range(2))
        one.start(), other.start()
        for start in range(0, 60, 5):
            for lane in (one, other):  # both believe the partitions are theirs
                await lane.handle(log.all()[start : start + 5])
        await one.stop()
        await other.stop()
        await prove(store, ledger.entries, folded(log))

    live(story())


def test_a_rebalance_in_the_middle_of_a_batch_does_no_harm():
    async def story():
        log, store, ledger = a_log(*days(4, 60)), MemoryStore(), MemoryLedger()
        slow = Faults([Fault.LATE] * 200)
        lane = make_lane(FailingStore(store, slow), FailingLedger(ledger, slow), log)

        async def rebalances():
            while True:
                await asyncio.sleep(0.7)
                lane.forget()

        often = asyncio.create_task(rebalances())
        await through(lane, log.all(), 6)
        often.cancel()
        await lived_well(log, store, ledger)

    live(story())


def test_an_empty_store_is_rebuilt_from_the_ledger():
    async def story():
        log, ledger, watcher = a_log(), MemoryLedger(), Watcher()
        first, rest = log.all()[:40], log.all()[40:]
        await through(make_lane(MemoryStore(), ledger, log), first)
        store = MemoryStore()
        await through(make_lane(store, ledger, log, observer=watcher), rest)
        await lived_well(log, store, ledger)
        assert watcher.rebuilds == len({one.key for one in rest} & {one.key for one in first})

    live(story())


def test_a_store_behind_the_ledger_is_brought_up():
    async def story():
        log, store, ledger = a_log(), MemoryStore(), MemoryLedger()
        behind = MemoryStore()
        await through(make_lane(behind, ledger, log), log.all()[:20])
        entries = {name: list(held) for name, held in ledger.entries.items()}
        await through(make_lane(store, ledger, log), log.all()[20:45])
        assert any(len(ledger.entries[name]) > len(held) for name, held in entries.items())
        await through(make_lane(behind, ledger, log), log.all()[45:])
        await lived_well(log, behind, ledger)

    live(story())


def test_records_that_came_too_early_in_the_ledger_do_not_stop_a_rebuild():
    async def story():
        log, ledger = a_log(*(request(n) for n in range(6))), MemoryLedger()
        await through(make_lane(MemoryStore(), ledger, log), log.all()[:5])
        held = ledger.entries[HOUSE]
        held[2:] = [held[4], held[2], held[3], held[4], held[2]]
        store = MemoryStore()
        await through(make_lane(store, ledger, log), log.all()[5:])
        await prove(store, ledger.entries, folded(log))

    live(story())


def test_a_house_nobody_knows_any_more_goes_on_from_its_ledger():
    async def story():
        log, store, ledger = a_log(*(request(n) for n in range(6))), MemoryStore(), MemoryLedger()
        await through(make_lane(store, ledger, log), log.all()[:3])
        nobody = Openings({}, "")
        await through(make_lane(store, ledger, log, known=nobody), log.all()[3:])
        await lived_well(log, store, ledger)

    live(story())
