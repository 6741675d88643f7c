"""What must hold of a census after every event, whatever happened."""

from __future__ import annotations

from engine.core.census import Census
from engine.core.openings import Openings
from tests.property.plain_rules import allowed, home_of, house_of, is_open


def check_beds(census: Census) -> None:
    """One patient per bed, one bed per patient, reservations known to both sides."""
    claims: dict[str, str] = {}
    for bed_id, bed in census.beds.items():
        assert len(set(bed.claims)) == len(bed.claims)
        for visit_id in bed.claims:
            assert claims.setdefault(visit_id, bed_id) == bed_id, "a patient in two beds"
            assert census.visits[visit_id].bed == bed_id
        if bed.reserved_for is not None:
            assert census.visits[bed.reserved_for].reserved_bed == bed_id
    for visit in dict(census.visits.items()).values():
        assert visit.bed is None or claims.get(visit.id) == visit.bed, "a bed that does not know its patient"
        if visit.reserved_bed is not None:
            assert census.bed(visit.reserved_bed).reserved_for == visit.id
            assert visit.ended is None
            assert visit.reserved_bed in house_of(census).spots
        assert visit.ended is None or visit.bed is None


def check_queue(census: Census) -> None:
    """Exactly those wait who want a bed and have none reserved; in order; and nobody waits beside a bed that fits."""
    wanting = {one.id for one in census.visits.values() if one.wants_bed and one.reserved_bed is None}
    assert set(census.queue) == wanting
    order = [(one.priority, one.since, one.visit) for one in census.waiting()]
    assert order == sorted(order)
    for entry in census.waiting():
        if entry.deferred_until is None:
            fitting = [
                bed for bed in house_of(census).spots if is_open(census, bed) and allowed(census, entry.visit, bed)
            ]
            # A bed beside one's own is no reason not to wait: the engine counts a patient as company in their own room.
            elsewhere = [bed for bed in fitting if not _in_own_room(census, entry.visit, bed)]
            assert not elsewhere, f"{entry.visit} waits although {elsewhere} would do"


def check_timers(census: Census) -> None:
    """Each reservation can expire, each deferral ends, and nothing else ticks for them."""
    for key in census.timers:
        kind, _, subject = key.partition(":")
        if kind == "reservation":
            assert census.visits[subject].reserved_bed is not None
        if kind == "deferral":
            assert census.queue[subject].deferred_until == census.timers[key]
    for visit in census.visits.values():
        assert visit.reserved_bed is None or f"reservation:{visit.id}" in census.timers
    for entry in census.waiting():
        assert entry.deferred_until is None or f"deferral:{entry.visit}" in census.timers


def check_derived(census: Census, loaded: Census) -> None:
    """Line, agenda and openings, kept current event by event, are what a load builds from the bytes."""
    assert census.line == loaded.line
    assert census.agenda == loaded.agenda
    assert _plain(census.openings) == _plain(loaded.openings)


def _plain(openings: Openings) -> list[dict[object, object]]:
    tables = (openings.beds_by_company, openings.slot_of, openings.free, openings.waiting)
    return [{key: value for key, value in table.items() if value} for table in tables]


def _in_own_room(census: Census, visit: str, bed: str) -> bool:
    own = census.visits[visit].bed
    return own is not None and home_of(census, own)[1].id == home_of(census, bed)[1].id
