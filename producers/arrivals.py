"""The stays that begin on a day: drawn for a house from its demand, each from a key of its own."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from engine.core.events import Needs
from engine.core.facility import Facility
from engine.core.services import ADMISSION_TYPE_SHARES, SERVICE_SHARES, SERVICES, Service
from engine.core.stay import AdmissionFacts
from engine.core.terms import AdmissionType, BedKind, Sex
from producers import calibration as figures
from producers.demand import MATERNITY, NEWBORN, Inflow, beds_by_service, inflows, service_of
from producers.draws import between, count, departure, draw_for, moment, nights, with_mean
from producers.patients import Offers, draw_facts, draw_needs, offers_to, priority, type_of_admission
from producers.stays import NextNeeds, PlannedStay


class Arrivals:
    """Who comes to one facility. The same (facility, seed, load) gives the same patients."""

    def __init__(self, facility: Facility, seed: int, load: float) -> None:
        self.facility, self.seed = facility, seed
        self.zone = ZoneInfo(facility.timezone)
        self.inflows = inflows(facility, load)
        self._offers: dict[str, Offers] = {one.service.name: offers_to(one.service, facility) for one in self.inflows}

    @cached_property
    def births_per_stay(self) -> float:
        """No more babies than the house has bassinets for."""
        cots = sum(spot.bed.kind is BedKind.BASSINET for spot in self.facility.spots.values())
        mothers = beds_by_service(self.facility).get(MATERNITY, 0)
        return min(figures.BIRTHS_PER_MATERNITY_STAY, cots / mothers) if mothers else 0.0

    def on(self, day: date, *, planned: bool) -> list[PlannedStay]:
        """The day's patients who were planned ahead, or those who were not; in no order of time."""
        return [stay for inflow in self.inflows for stay in self._of(inflow, day, planned=planned)]

    def _of(self, inflow: Inflow, day: date, *, planned: bool) -> list[PlannedStay]:
        rng = draw_for(self.seed, self.facility.id, "day", day, inflow.service.name, planned)
        share = _elective_share(inflow.service)
        weekdays = figures.WEEKDAYS_ELECTIVE if planned else figures.WEEKDAYS_OTHER
        mean = inflow.per_day * (share if planned else 1 - share) * 7 * weekdays[day.weekday()]
        prefix = f"{self.facility.id}-{day:%y%m%d}-{inflow.service.name[:4]}{'P' if planned else 'A'}"
        return [self._stay(inflow.service, day, f"{prefix}{n:03d}", planned=planned) for n in range(count(mean, rng))]

    def _stay(self, service: Service, day: date, visit: str, *, planned: bool) -> PlannedStay:
        rng = draw_for(self.seed, visit)
        kind = AdmissionType.ELECTIVE if planned else self.unplanned_type(service, rng)
        needs = draw_needs(service, self._offers[service.name], rng)
        facts = draw_facts(needs, kind, self.facility.id, rng)
        hours = figures.ELECTIVE_HOURS if planned else figures.EMERGENCY_HOURS
        arrives = moment(day, hours, self.zone, rng)
        stay = self.course(
            service, needs, facts, visit=visit, arrives=arrives, stay_nights=self.draw_nights(service, rng), rng=rng
        )
        return _planned_ahead(stay, rng) if planned else _unplanned(stay, rng)

    @staticmethod
    def unplanned_type(service: Service, rng: random.Random) -> AdmissionType:
        """How a patient comes who was not planned."""
        while (kind := type_of_admission(service, rng)) is AdmissionType.ELECTIVE:
            if _elective_share(service) == 1.0:
                return AdmissionType.URGENT
        return kind

    def needs_for(self, service: Service, rng: random.Random) -> Needs:
        return draw_needs(service, self._offers[service.name], rng)

    @staticmethod
    def draw_nights(service: Service, rng: random.Random) -> int:
        """Nights on this service; short-stay services have no long tail."""
        has_tail = service.name not in (MATERNITY, NEWBORN, "observation")
        return nights(
            with_mean(service.mean_stay_days, service.stay_sigma, long_stays=has_tail), rng, long_stays=has_tail
        )

    def course(
        self,
        service: Service,
        needs: Needs,
        facts: AdmissionFacts,
        *,
        visit: str,
        arrives: datetime,
        stay_nights: int,
        rng: random.Random,
    ) -> PlannedStay:
        """The whole stay: a higher level of care first where needed, then the service that takes over; births."""
        onward = self._onward(service)
        then, all_nights = None, stay_nights
        if onward is not None:
            lower = _stepped_down(needs, onward)
            then = NextNeeds(stay_nights * 24.0 - rng.uniform(2, 10), lower)
            all_nights += max(1, round(self.draw_nights(onward, rng) * figures.STAY_AFTER_HIGHER_LEVEL))
        stay = PlannedStay(
            visit=visit,
            arrives_at=arrives,
            requested_at=arrives,
            leaves_at=departure(arrives, all_nights, self.zone, rng),
            needs=needs,
            priority=priority(facts.admission_type, needs.level),
            patient_class=facts.patient_class,
            admission=facts,
            then=then,
        )
        return self._with_baby(stay, rng) if service.name == MATERNITY else stay

    def _onward(self, service: Service) -> Service | None:
        present = service.goes_on_to in self._offers
        return service_of(str(service.goes_on_to), self.facility) if present else None

    def _with_baby(self, mother: PlannedStay, rng: random.Random) -> PlannedStay:
        if rng.random() >= self.births_per_stay:
            return mother
        return replace(mother, baby=self.newborn(mother, rng))

    def newborn(self, mother: PlannedStay, rng: random.Random) -> PlannedStay:
        """Born some hours after the mother came, goes home with her."""
        born = mother.arrives_at + timedelta(seconds=round(rng.uniform(4, 16) * 3600))
        sex = rng.choice((Sex.FEMALE, Sex.MALE))
        service = SERVICES[NEWBORN]
        needs = Needs(
            service=service.home, sex=sex, age_years=0, specialty=service.specialty, newborn=True, mother=mother.visit
        )
        grams = round(rng.gauss(3300, 480), -2)
        facts = replace(
            draw_facts(needs, AdmissionType.NEWBORN, self.facility.id, rng), birth_weight_grams=int(max(500, grams))
        )
        return PlannedStay(
            visit=f"{mother.visit}N",
            arrives_at=born,
            requested_at=born,
            leaves_at=max(mother.leaves_at, born + timedelta(hours=12)),
            needs=needs,
            priority=2,
            admission=facts,
        )


def _elective_share(service: Service) -> float:
    shares = {
        kind: ADMISSION_TYPE_SHARES[kind] * SERVICE_SHARES[kind].get(service.name, 0.0) for kind in SERVICE_SHARES
    }
    whole = sum(shares.values())
    return shares[AdmissionType.ELECTIVE] / whole if whole else 0.0


def _stepped_down(needs: Needs, onward: Service) -> Needs:
    return replace(needs, service=onward.name, level=onward.level, specialty=onward.specialty, equipment=frozenset())


def _unplanned(stay: PlannedStay, rng: random.Random) -> PlannedStay:
    """Through the ED, where the bed is asked for after some hours; a few go home from there after all."""
    if not stay.admission.through_ed:
        return stay
    hours = between(figures.HOURS_IN_ED_BEFORE_REQUEST, rng)
    requested = stay.arrives_at + timedelta(seconds=round(hours * 3600))
    home = requested + timedelta(hours=1) if rng.random() < figures.ADMISSION_CANCELLED_SHARE else None
    return replace(stay, area="ED", requested_at=requested, goes_home_at=home)


def _planned_ahead(stay: PlannedStay, rng: random.Random) -> PlannedStay:
    """Planned up to two weeks ahead; some plans are called off before the day."""
    ahead = timedelta(seconds=round(rng.uniform(1.0, figures.ELECTIVE_LEAD_DAYS) * 86400))
    scheduled = stay.arrives_at - ahead
    is_called_off = rng.random() < figures.SCHEDULE_CANCELLED_SHARE
    return replace(stay, scheduled_at=scheduled, called_off_at=scheduled + ahead * 0.7 if is_called_off else None)
