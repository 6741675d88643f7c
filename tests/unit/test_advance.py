"""Deciding leaves the house exactly as the ledger's record makes it, so that the record alone rebuilds it."""

from __future__ import annotations

from engine.adapters.batch import forecast
from engine.adapters.ports import Unobserved
from engine.adapters.stay_models import FallbackModels
from engine.adapters.stay_strata import MODEL
from engine.adapters.wire import EPOCH, Delivery, read
from engine.bench.recording import record
from engine.core.census import Census
from engine.core.codec import decode_record, encode_record
from engine.core.ledger import Arrival, Openings, advance, apply_record
from engine.core.topics import ADT_EVENTS, partition_of

OPENINGS = Openings({}, MODEL)
MODELS = FallbackModels(Unobserved())
EVENTS = 4_000


def test_what_was_decided_in_place_is_what_the_record_says():
    decided, replayed = Census("HOUSE-00"), Census("HOUSE-00")
    for offset, arrival in enumerate(arrivals()):
        draft = decided.draft()
        forecasts = forecast([(None, arrival)], {arrival.event.facility: MODEL}, MODELS)
        told = advance(draft, arrival, forecasts, OPENINGS.of(arrival.event))
        on_its_own = replayed.draft()
        apply_record(on_its_own, decode_record(encode_record(told)))
        assert draft.changed_bytes() == on_its_own.changed_bytes(), f"after event {offset}"
        decided.absorb(draft)
        replayed.absorb(on_its_own)
    assert decided.dump() == replayed.dump()
    assert seen_by_the_next_patient(decided) == seen_by_the_next_patient(replayed)
    assert seen_by_the_next_patient(decided) == seen_by_the_next_patient(Census.load("HOUSE-00", decided.dump()))


def arrivals() -> list[Arrival]:
    found = []
    for offset, one in enumerate(record(1, 60, EVENTS)):
        home = partition_of(one.facility, 4)
        said = Delivery(ADT_EVENTS, home, offset, one.timestamp_ms, one.facility.encode(), one.raw, lambda: None)
        found.append(read(said, "life", 4))
    assert all(isinstance(arrival, Arrival) and arrival.timestamp > EPOCH for arrival in found)
    return found


def seen_by_the_next_patient(census: Census) -> object:
    shelves = {key: row for key, row in census.openings.beds_by_company.items() if row}
    free = {pool: count for pool, count in census.openings.free.items() if count}
    waiting = {pool: count for pool, count in census.openings.waiting.items() if count}
    return shelves, free, waiting, census.line, census.agenda, census.facility, census.policy, census.prices
