"""Given, when, then in the hospital's words: a small house on a map, events into it, questions about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from engine.core import decisions as d
from engine.core import events as e
from engine.core.census import Census
from engine.core.codec import decode_record, encode_record
from engine.core.facility import BedPlace, Facility, Room, Ward
from engine.core.ledger import Arrival, Opening, Outcome, Position, Record, apply_record, step
from engine.core.policy import Policy
from engine.core.reasons import Refusal
from engine.core.stay import KNOT_NIGHTS, StayForecast, forecast_from_survival
from engine.core.suggestion import Dependency, Step, Suggestion, SuggestionKind
from engine.core.terms import BedKind, BedStatus, Equipment, Level, Precaution, Sex, SexPolicy
from engine.core.visit import Visit

START = datetime(2026, 1, 5, 8, tzinfo=UTC)
HOUSE_ID = "STM"


def room(
    room_id: str, beds: int = 1, *, bassinets: int = 0, equipment: str = "", surge: bool = False, **rest: Any
) -> Room:
    """Beds A, B, … and bassinets N1, N2, …; `equipment` in words: "telemetry bariatric"."""
    offers = frozenset(Equipment(word) for word in equipment.split())
    places = [BedPlace(id=f"{room_id}-{chr(65 + n)}", equipment=offers, surge=surge) for n in range(beds)]
    places += [BedPlace(id=f"{room_id}-N{n + 1}", kind=BedKind.BASSINET) for n in range(bassinets)]
    rest.setdefault("sex_policy", SexPolicy.ONE_AT_A_TIME)
    return Room(id=room_id, beds=tuple(places), **rest)


def ward(ward_id: str, *rooms: Room | int, service: str = "medicine", **rest: Any) -> Ward:
    """A ward of rooms; a number n stands for a plain room of n beds, so ward("M", 2, 1) has M1-A, M1-B, M2-A."""
    made = tuple(one if isinstance(one, Room) else room(f"{ward_id}{n}", one) for n, one in enumerate(rooms, start=1))
    related = frozenset(rest.pop("related", "").split())
    return Ward(id=ward_id, service=service, rooms=made, related_services=related, **rest)


def hospital(*wards: Ward) -> Facility:
    return Facility(id=HOUSE_ID, wards=wards)


def nights(mean: float) -> StayForecast:
    """A memoryless stay of about `mean` nights."""
    return forecast_from_survival([(1 - 1 / (mean + 0.5)) ** knot for knot in KNOT_NIGHTS], "test")


def needs(
    service: str = "medicine",
    *,
    sex: str = "F",
    age: int | None = 50,
    equipment: str = "",
    precautions: str = "",
    **rest: Any,
) -> e.Needs:
    return e.Needs(
        service=service,
        sex=Sex(sex),
        age_years=age,
        equipment=frozenset(Equipment(word) for word in equipment.split()),
        precautions=frozenset(Precaution(word) for word in precautions.split()),
        **rest,
    )


@dataclass
class House:
    """A facility that lives through events. Each takes a minute, unless `hours_ago` says it happened earlier."""

    map: Facility
    policy: Policy = field(default_factory=Policy)
    forecast: StayForecast | None = None
    now: datetime = START
    census: Census = field(init=False)
    records: list[Record] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.census = Census(self.map.id)

    # -- when --------------------------------------------------------------------------------------------------------

    def happens(self, event: e.Event) -> Record:
        """Through the engine, over the wire and into the census, as the lane does it."""
        position = Position("topic", 0, len(self.records))
        forecasts = {event.event_id: self.forecast} if self.forecast else {}
        opening = Opening(self.map, self.policy, "v1")
        record = decode_record(encode_record(step(self.census, Arrival(event, position, self.now), forecasts, opening)))
        apply_record(self.census, record)
        self.records.append(record)
        self.now += timedelta(minutes=1)
        return record

    def _event(self, kind: type[Any], hours_ago: float = 0.0, **rest: Any) -> Record:
        at = self.now - timedelta(hours=hours_ago)
        rest.setdefault("event_id", f"e{len(self.records)}")
        return self.happens(kind(facility=self.map.id, at=at, source="test", **rest))

    def request(self, visit: str, service: str = "medicine", *, priority: int = 3, hours_ago: float = 0.0,
                event_id: str | None = None, **rest: Any) -> Record:  # fmt: skip
        named = {"event_id": event_id} if event_id else {}
        wanted = needs(service, **rest)
        return self._event(e.PlacementRequested, hours_ago, visit=visit, needs=wanted, priority=priority, **named)

    def locates(self, visit: str, bed: str | None = None, *, area: str | None = None, temporary: bool = False,
                hours_ago: float = 0.0, **rest: Any) -> Record:  # fmt: skip
        return self._event(e.PatientLocated, hours_ago, visit=visit, place=e.Place(bed, area, temporary), **rest)

    def lies(self, visit: str, bed: str, service: str = "medicine", **rest: Any) -> Record:
        """A patient whose needs are known is found in a bed."""
        return self.locates(visit, bed, needs=needs(service, **rest))

    def schedules(self, visit: str, in_hours: float, service: str = "medicine", **rest: Any) -> Record:
        expected = self.now + timedelta(hours=in_hours)
        return self._event(e.VisitScheduled, visit=visit, expected_at=expected, needs=needs(service, **rest))

    def discharges(self, visit: str, hours_ago: float = 0.0) -> Record:
        return self._event(e.VisitDischarged, hours_ago, visit=visit)

    def expects_discharge(self, visit: str, in_hours: float) -> Record:
        return self._event(e.DischargeExpected, visit=visit, expected_at=self.now + timedelta(hours=in_hours))

    def changes(self, visit: str, hours_ago: float = 0.0, **rest: Any) -> Record:
        return self._event(e.NeedsChanged, hours_ago, visit=visit, **rest)

    def bed_is(self, bed: str, status: str, hours_ago: float = 0.0) -> Record:
        return self._event(e.BedStatusChanged, hours_ago, bed=bed, status=BedStatus(status))

    def swaps(self, visit: str, other: str, *, bed: str, other_bed: str) -> Record:
        places = {"place": e.Place(bed), "other_place": e.Place(other_bed)}
        return self._event(e.PatientsSwapped, visit=visit, other=other, **places)

    def leaves(self, visit: str) -> Record:
        return self._event(e.LeaveStarted, visit=visit)

    def returns(self, visit: str) -> Record:
        return self._event(e.LeaveEnded, visit=visit)

    def merges(self, merged: str, into: str) -> Record:
        return self._event(e.VisitsMerged, visit=into, merged=merged)

    def cancels_admission(self, visit: str) -> Record:
        return self._event(e.AdmissionCancelled, visit=visit)

    def cancels_schedule(self, visit: str) -> Record:
        return self._event(e.ScheduleCancelled, visit=visit)

    def cancels_transfer(self, visit: str, told: Record, **rest: Any) -> Record:
        return self._event(e.TransferCancelled, visit=visit, cancelled_at=told.at, **rest)

    def cancels_discharge(self, visit: str, told: Record, **rest: Any) -> Record:
        return self._event(e.DischargeCancelled, visit=visit, cancelled_at=told.at, **rest)

    def holds(self, bed: str, reason: str = "for the transplant") -> Record:
        return self._event(e.BedHeld, bed=bed, reason=reason)

    def lets_go(self, bed: str) -> Record:
        return self._event(e.BedReleased, bed=bed)

    def rebuilds(self, new: Facility, sha256: str | None = None) -> Record:
        return self._event(e.MapChanged, map=new, sha256=sha256 or new.sha256)

    def sets_policy(self, policy: Policy) -> Record:
        return self._event(e.PolicyChanged, policy=policy, sha256=policy.sha256)

    def promotes(self, model: str) -> Record:
        return self._event(e.ModelPromoted, model=model)

    def time_passes(self, *, hours: float = 0.0, minutes: float = 0.0) -> Record:
        self.now += timedelta(hours=hours, minutes=minutes)
        return self._event(e.TimePassed)

    def suggestion(self, kind: str, *moves: tuple[str, str], valid_minutes: float = 30.0) -> Suggestion:
        """A suggestion as the planner would make it of the house as it stands; moves are (visit, bed)."""
        visits = {visit: self.visit(visit) for visit, _ in moves}
        return Suggestion(
            suggestion_id=f"s{len(self.records)}",
            plan_id="p1",
            kind=SuggestionKind(kind),
            steps=tuple(Step(visit, bed, visits[visit].bed) for visit, bed in moves),
            gain=9.0,
            reason="It frees a bed for somebody who has waited.",
            expires_at=self.now + timedelta(minutes=valid_minutes),
            visits=tuple(Dependency(one.id, one.changed) for one in visits.values()),
            beds=tuple(Dependency(bed, self.census.bed(bed).changed) for _, bed in moves),
        )

    def accepts(self, suggestion: Suggestion) -> str:
        """The bed manager says yes; what came of it."""
        return self._answer(self._event(e.SuggestionAccepted, suggestion=suggestion, actor="bed manager"))

    def rejects(self, suggestion: Suggestion, reason: str = "") -> str:
        return self._answer(
            self._event(e.SuggestionRejected, suggestion=suggestion, reason=reason, actor="bed manager")
        )

    # -- then --------------------------------------------------------------------------------------------------------

    def visit(self, visit: str) -> Visit:
        found = self.census.visit(visit)
        assert found is not None, f"nobody knows {visit}"
        return found

    def bed_of(self, visit: str) -> str | None:
        """The bed ADT says the patient has."""
        return self.visit(visit).bed

    def reserved(self, visit: str) -> str | None:
        """The bed the engine keeps for the patient."""
        return self.visit(visit).reserved_bed

    def holder(self, bed: str) -> str | None:
        return self.census.bed(bed).visit

    def status(self, bed: str) -> str:
        return self.census.bed(bed).status.value

    def waits(self, visit: str) -> bool:
        return self.visit(visit).id in self.census.queue

    def queue(self) -> list[str]:
        return [entry.visit for entry in self.census.waiting()]

    def why(self, visit: str) -> set[Refusal]:
        """What stood against a bed when the patient was last told to wait."""
        told = [one for one in self._decisions(d.PatientWaits) if one.visit == visit]
        return set(told[-1].refusals)

    def last(self, kind: type[Any]) -> list[Any]:
        """Decisions of this kind that the last event led to."""
        return [one for one in self.records[-1].decisions if isinstance(one, kind)]

    def conflicts(self) -> list[str]:
        return [one.kind.value for one in self._decisions(d.ConflictRecorded)]

    def outcome(self) -> Outcome:
        return self.records[-1].outcome

    def _decisions(self, kind: type[Any]) -> list[Any]:
        return [one for record in self.records for one in record.decisions if isinstance(one, kind)]

    def _answer(self, record: Record) -> str:
        return str(next(one.outcome.value for one in record.decisions if isinstance(one, d.SuggestionAnswered)))


def with_deferral(*levels: Level, **rest: Any) -> Policy:
    """A policy that opted into deferral for these levels."""
    base = Policy()
    return replace(base, deferral=replace(base.deferral, levels=levels, **rest))
