"""A simulated house, calibrated to public figures, that lives on its own and follows what the engine decides.

`advance(until)` gives what happens, `follow(record)` learns what was decided, `answer(suggestion, at)` is a labelled
bed manager.
"""

from __future__ import annotations

import hashlib
from datetime import date, datetime, timedelta
from typing import Any

import msgspec

from engine.core.events import Event, SuggestionAccepted, SuggestionRejected
from engine.core.facility import Facility
from engine.core.ledger import Record
from engine.core.suggestion import Suggestion
from producers.arrivals import Arrivals
from producers.calibration import ANSWER_ACCEPTED_SHARE, ELECTIVE_LEAD_DAYS
from producers.course import plan_course
from producers.opening_day import occupants
from producers.responder import Responder

SOURCE = "simulator"
ACTOR = "simulated bed manager"


class House:
    """One facility from `start` (aware) on, at steady state. Same arguments and same ledger, same events.

    `load` is the mean share of acute beds in use. `opening` False: empty at first. The map is told first, so that the
    lane knows it.
    """

    def __init__(
        self, facility: Facility, seed: int, start: datetime, load: float = 0.9, *, opening: bool = True
    ) -> None:
        self.facility_id, self.seed = facility.id, seed
        self.arrivals = Arrivals(facility, seed, load)
        self.responder = Responder(facility, seed=seed, start=start, source=SOURCE)
        self.responder.on_bedded = lambda patient, at: plan_course(self.responder, patient, at)
        self.responder.declare_map()
        self._settle(start, seed, opening)
        self._next_day = start.astimezone(self.arrivals.zone).date()
        for ahead in range(ELECTIVE_LEAD_DAYS):
            self._expect_planned(self._next_day + timedelta(days=ahead))

    def _settle(self, start: datetime, seed: int, opening: bool) -> None:
        for one in occupants(self.arrivals, start, seed) if opening else []:
            self.responder.settle(one.stay, one.bed, one.admitted_at)

    def advance(self, until: datetime) -> list[Event]:
        """What happens before `until` (aware), in order of time."""
        while self._next_day <= until.astimezone(self.arrivals.zone).date():
            for stay in self.arrivals.on(self._next_day, planned=False):
                if stay.arrives_at >= self.responder.now:
                    self.responder.expect(stay)
            self._expect_planned(self._next_day + timedelta(days=ELECTIVE_LEAD_DAYS))
            self._next_day += timedelta(days=1)
        return self.responder.advance(until)

    def follow(self, record: Record) -> None:
        """React to what the engine decided."""
        self.responder.follow(record)

    def answer(self, suggestion: Suggestion, at: datetime) -> SuggestionAccepted | SuggestionRejected:
        """The simulated bed manager takes nine in ten of the worthwhile ones, by a hash of what is proposed."""
        proposed = msgspec.json.encode((self.seed, suggestion.kind, suggestion.steps, at))
        digest = hashlib.sha256(proposed).digest()
        event_id = f"{SOURCE}-answer-{digest.hex()[:24]}"
        named: dict[str, Any] = {"facility": self.facility_id, "at": at, "source": SOURCE, "actor": ACTOR}
        if suggestion.gain > 0 and int.from_bytes(digest[:4], "big") < ANSWER_ACCEPTED_SHARE * 2**32:
            return SuggestionAccepted(event_id=event_id, suggestion=suggestion, **named)
        return SuggestionRejected(event_id=event_id, suggestion=suggestion, reason="not today", **named)

    def _expect_planned(self, day: date) -> None:
        for stay in self.arrivals.on(day, planned=True):
            if stay.arrives_at >= self.responder.now:
                self.responder.expect(stay)
