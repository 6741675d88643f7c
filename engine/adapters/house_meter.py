"""One house as its records go by: bed-time, who waits, who lies off-service."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime

from engine.adapters.idle import IdleMeter
from engine.adapters.touched import EVERYTHING, Touched, touched
from engine.core.census import Census
from engine.core.facility import Spot
from engine.core.ledger import Record
from engine.core.policy import Weights
from engine.core.preferences import off_service
from engine.core.visit import Visit

_ANY_WEIGHTS = Weights()  # only whether it costs anything is asked, not how much


class HouseMeter:
    """Follows a census at the cost of what each record changes, whatever the size of the house."""

    __slots__ = ("_waiting", "deferred", "idle", "off_service", "version")

    def __init__(self) -> None:
        self.idle = IdleMeter()
        self.off_service: set[str] = set()
        self.deferred: set[str] = set()
        self._waiting: dict[str, int] = {}
        self.version: int | None = None

    def start(self, census: Census, at: datetime) -> None:
        """Look at the whole house once; what is integrated from here on begins at lane time `at`."""
        self.idle.start(census, at)
        self.off_service, self.deferred, self._waiting = set(), set(), {}
        self._look_at(census, {*census.visits, *census.queue})
        self.version = census.version

    def follow(self, census: Census, record: Record) -> Touched | None:
        """Take `record` in; `census` has it applied. None for a version already seen: a batch run again counts once.

        After a gap in the versions (another worker had the lane) the house is looked at anew, and the time in between
        is left to the worker that counted it.
        """
        if self.version is not None and record.version <= self.version:
            return None
        unbroken = self.version is not None and record.version == self.version + 1
        change = touched(record.decisions) if unbroken else EVERYTHING
        if not unbroken:
            self.idle.skip_to(record.lane_time)
        if change.everything:
            self.start(census, record.lane_time)
        else:
            self.idle.follow(census, change.beds, record.lane_time)
            self._look_at(census, change.visits)
        self.version = record.version
        return change

    def _look_at(self, census: Census, visits: AbstractSet[str]) -> None:
        spots = census.facility.spots if census.facility else {}
        for visit_id in visits:
            entry = census.queue.get(visit_id)
            if entry is None:
                self._waiting.pop(visit_id, None)
            else:
                self._waiting[visit_id] = entry.priority
            _keep(self.deferred, visit_id, entry is not None and entry.deferred_until is not None)
            _keep(self.off_service, visit_id, is_off_service(spots, census.visits.get(visit_id)))

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    def waiting_by_priority(self) -> Counter[int]:
        """Visits in the queue now, by priority (1 is first)."""
        return Counter(self._waiting.copy().values())


def is_off_service(spots: Mapping[str, Spot], visit: Visit | None) -> bool:
    """Lies in a bed that the house's own rule calls off-service (a related service's ward counts as off-service)."""
    if visit is None or visit.bed is None or visit.needs is None:
        return False
    spot = spots.get(visit.bed)
    return spot is not None and off_service(visit.needs, spot, _ANY_WEIGHTS) > 0


def _keep(members: set[str], one: str, belongs: bool) -> None:
    if belongs:
        members.add(one)
    else:
        members.discard(one)
