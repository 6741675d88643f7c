"""A stay before it happens: who comes, when, with which needs, for how long. The responder lives it."""

from __future__ import annotations

from datetime import datetime

import msgspec

from engine.core.events import Needs
from engine.core.stay import AdmissionFacts
from engine.core.terms import PatientClass


class NextNeeds(msgspec.Struct, frozen=True):
    """What the patient needs `after_hours` in the first bed: an in-house transfer is asked for then."""

    after_hours: float
    needs: Needs


class PlannedStay(msgspec.Struct, frozen=True, kw_only=True):
    """One stay. `requested_at` is when a bed is asked for; `area` where the patient is until then and while waiting.

    `leaves_at` is the departure if a bed is found in time. `scheduled_at` when it was planned ahead, `called_off_at`
    when the plan was cancelled, `goes_home_at` when somebody who still waits is not admitted after all. `baby` is born
    during the stay.
    """

    visit: str
    arrives_at: datetime
    requested_at: datetime
    leaves_at: datetime
    needs: Needs
    priority: int = 3
    patient_class: PatientClass = PatientClass.INPATIENT
    admission: AdmissionFacts = AdmissionFacts()
    area: str | None = None
    scheduled_at: datetime | None = None
    called_off_at: datetime | None = None
    goes_home_at: datetime | None = None
    then: NextNeeds | None = None
    baby: PlannedStay | None = None
