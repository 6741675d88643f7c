"""SPARCS rows lived again as ADT events: each facility of the export is a lane of its own.

Admission dates are not public. Each stay is put into the year (or the days asked for) by the weekday of its kind of
admission and the hour of day of the calibration, from a key of its own: the same file, seed and start give the same
events. Kept in memory: one stay for each row that falls to a chosen facility (about 1.5 kB each).
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import replace

from engine.core.errors import BadInput
from engine.core.events import Event, Needs
from engine.core.facility import Facility
from engine.core.layout import layout_for_demand
from engine.core.ledger import Record
from engine.core.services import SERVICES
from engine.core.sizing import Demand
from engine.core.stay import AdmissionFacts
from engine.core.terms import AdmissionType, Sex, Specialty
from producers import calibration as figures
from producers.clinical_groups import service_for
from producers.demand import MATERNITY, NEWBORN
from producers.draws import between, departure, draw_for, moment
from producers.patients import priority
from producers.responder import Responder
from producers.sparcs import SparcsRow, Tally
from producers.stays import PlannedStay

SOURCE = "sparcs"
EVERY_HOUR = timedelta(hours=1)
UTC_ZONE = ZoneInfo("UTC")


class Span(msgspec.Struct, frozen=True):
    """Local days over which admissions are spread: `start` and the `days` after it."""

    start: date
    days: int


class ReplayedHouse:
    """One facility of an export from `start` (aware) on: its own patients, moved as the engine's ledger says."""

    def __init__(self, facility: Facility, stays: Iterable[PlannedStay], seed: int, start: datetime) -> None:
        self.facility_id = facility.id
        self._responder = Responder(facility, seed=seed, start=start, source=SOURCE, tick=EVERY_HOUR)
        self._responder.declare_map()
        for stay in stays:
            self._responder.expect(stay)

    def advance(self, until: datetime) -> list[Event]:
        """What happens before `until`, in order of time."""
        return self._responder.advance(until)

    def follow(self, record: Record) -> None:
        """React to what the engine decided."""
        self._responder.follow(record)


def stays_by_facility(
    rows: Iterable[SparcsRow], span: Span, seed: int, tally: Tally, *, only: frozenset[str] = frozenset()
) -> dict[str, list[PlannedStay]]:
    """The stays of each facility (`only` these, if any) by arrival; rows without one are left out and counted."""
    found: defaultdict[str, list[PlannedStay]] = defaultdict(list)
    offered: set[str] = set()
    for number, row in enumerate(rows):
        offered.add(row.facility or "")
        if row.facility is None:
            tally.left_out["the facility is redacted"] += 1
        elif not only or row.facility in only:
            found[row.facility].append(planned(row, number, span, seed))
    if missing := only - found.keys():
        raise BadInput(
            f"the export has no stays of facility {', '.join(sorted(missing))}: it has {_some(offered - {''})}"
        )
    return {facility: sorted(found[facility], key=lambda stay: stay.arrives_at) for facility in sorted(found)}


def planned(row: SparcsRow, number: int, span: Span, seed: int, zone: ZoneInfo = UTC_ZONE) -> PlannedStay:
    """One row as a stay that begins within `span`."""
    rng = draw_for(seed, "row", number)
    service = service_for(row)
    is_planned = row.admission_type is AdmissionType.ELECTIVE
    hours = figures.ELECTIVE_HOURS if is_planned else figures.EMERGENCY_HOURS
    arrives = moment(_day(row, span, rng), hours, zone, rng)
    stay = PlannedStay(
        visit=f"{row.facility}-S{number:07d}",
        arrives_at=arrives,
        requested_at=arrives,
        leaves_at=departure(arrives, row.stay_nights, zone, rng),
        needs=_needs(row, service, rng),
        priority=priority(row.admission_type, SERVICES[service].level),
        admission=_facts(row, is_planned=is_planned),
    )
    return _announced(stay, row, span, zone, rng)


def _day(row: SparcsRow, span: Span, rng: random.Random) -> date:
    """A day of the span: any week of it, on the row's weekday if the export has it, else by the kind of admission."""
    is_planned = row.admission_type is AdmissionType.ELECTIVE
    shares = figures.WEEKDAYS_ELECTIVE if is_planned else figures.WEEKDAYS_OTHER
    days = [span.start + timedelta(days=ahead) for ahead in range(span.days)]
    if row.admit_weekday is not None and span.days >= 7:
        days = [day for day in days if day.weekday() == row.admit_weekday]
        return rng.choice(days)
    while rng.random() * max(shares) >= shares[(day := rng.choice(days)).weekday()]:
        pass
    return day


def _announced(stay: PlannedStay, row: SparcsRow, span: Span, zone: ZoneInfo, rng: random.Random) -> PlannedStay:
    """Planned stays are known up to two weeks before; the others ask for a bed some hours after they came to the ED."""
    if row.admission_type is AdmissionType.ELECTIVE:
        ahead = timedelta(days=rng.uniform(1, figures.ELECTIVE_LEAD_DAYS))
        opening = datetime(span.start.year, span.start.month, span.start.day, tzinfo=zone).astimezone(UTC)
        scheduled = max(opening, stay.arrives_at - ahead).replace(microsecond=0)
        return replace(stay, scheduled_at=scheduled)
    if not row.through_ed:
        return stay
    hours = between(figures.HOURS_IN_ED_BEFORE_REQUEST, rng)
    return replace(stay, area="ED", requested_at=stay.arrives_at + timedelta(seconds=round(hours * 3600)))


def _needs(row: SparcsRow, service: str, rng: random.Random) -> Needs:
    """What the export says and no more: the service by diagnosis, an age within the group, an acute bed."""
    is_newborn = service == NEWBORN
    specialty = SERVICES[service].specialty
    return Needs(
        service=SERVICES[service].home,
        sex=Sex.FEMALE if specialty is Specialty.MATERNITY and not is_newborn else row.sex,
        age_years=0 if is_newborn else _age(row, service, rng),
        specialty=specialty,
        newborn=is_newborn,
    )


def _age(row: SparcsRow, service: str, rng: random.Random) -> int | None:
    """An age within the group that the service takes; where the two do not meet, the nearest the group allows."""
    span = next(((low, high) for text, low, high, _ in figures.AGE_GROUPS if text == row.age_group), None)
    if span is None:
        return None
    youngest, oldest = SERVICES[service].youngest_years, SERVICES[service].oldest_years
    low = min(max(span[0], youngest), span[1])
    return rng.randint(low, max(low, min(span[1], oldest)))


def _facts(row: SparcsRow, *, is_planned: bool) -> AdmissionFacts:
    """What was known at admission; a procedure only where it was planned."""
    return AdmissionFacts(
        age_group=row.age_group,
        sex=row.sex,
        admission_type=row.admission_type,
        through_ed=row.through_ed,
        payer=row.payer,
        zip3=row.zip3,
        facility=row.facility,
        diagnosis=row.diagnosis,
        planned_procedure=row.procedure if is_planned else None,
        birth_weight_grams=row.birth_weight_grams,
    )


def map_for(facility_id: str, stays: Sequence[PlannedStay], days: int, target_occupancy: float = 0.85) -> Facility:
    """A map that carries these stays: sized by service from how many came in `days` and how long they stayed."""
    coming: Counter[str] = Counter()
    nights: defaultdict[str, float] = defaultdict(float)
    for stay in stays:
        service = NEWBORN if stay.needs.newborn else stay.needs.service
        coming[service] += 1
        nights[service] += (stay.leaves_at - stay.arrives_at) / timedelta(days=1)
    if coming[NEWBORN] and not coming[MATERNITY]:
        coming[MATERNITY], nights[MATERNITY] = 1, 1.0
    demand = [Demand(name, coming[name] / days, nights[name] / coming[name]) for name in sorted(coming)]
    return layout_for_demand(facility_id, demand, target_occupancy)


def _some(found: Iterable[str]) -> str:
    names = sorted(found)
    return ", ".join(names[:8]) + (" …" if len(names) > 8 else "")
