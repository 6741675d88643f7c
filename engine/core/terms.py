"""The field's own words as types: one word per thing, shared by maps, events, census and plans."""

from __future__ import annotations

from enum import IntEnum, StrEnum


class Level(IntEnum):
    """Level of care a bed offers or a patient needs; a higher level can always give a lower one."""

    ACUTE = 0
    STEP_DOWN = 1
    INTENSIVE = 2


class Sex(StrEnum):
    """Sex for accommodation, as ADT states it or as a named person overrides it."""

    FEMALE = "F"
    MALE = "M"
    OTHER_OR_UNKNOWN = "U"

    @property
    def is_known(self) -> bool:
        return self is not Sex.OTHER_OR_UNKNOWN


class SexPolicy(StrEnum):
    """Who may share a room."""

    ANY = "any"
    ONE_AT_A_TIME = "one_at_a_time"
    FEMALE = "female"
    MALE = "male"


class Precaution(StrEnum):
    """Transmission-based precautions (CDC's four, protective included)."""

    CONTACT = "contact"
    DROPLET = "droplet"
    AIRBORNE = "airborne"
    PROTECTIVE = "protective"


class Pressure(StrEnum):
    """Air of a room: airborne precautions need negative, protective ones positive."""

    NEUTRAL = "neutral"
    NEGATIVE = "negative"
    POSITIVE = "positive"


class Equipment(StrEnum):
    """What a bed place offers beyond its level of care."""

    TELEMETRY = "telemetry"
    BARIATRIC = "bariatric"
    VENTILATOR = "ventilator"
    DIALYSIS = "dialysis"


class BedKind(StrEnum):
    """A bassinet is its own capacity: newborns lie there, nobody else does."""

    BED = "bed"
    BASSINET = "bassinet"


class Specialty(StrEnum):
    """Wards that admit only patients of their own kind, and patients who may only lie there."""

    PAEDIATRIC = "paediatric"
    MATERNITY = "maternity"
    PSYCHIATRIC = "psychiatric"
    SECURE = "secure"


class BedStatus(StrEnum):
    """What housekeeping and the house say of a bed; who lies in it or has it reserved is kept apart."""

    AVAILABLE = "available"
    DIRTY = "dirty"
    CLEANING = "cleaning"
    BLOCKED = "blocked"
    CLOSED = "closed"


CLOSED_TO_PATIENTS = frozenset({BedStatus.BLOCKED, BedStatus.CLOSED})


class PatientClass(StrEnum):
    """ADT patient class; it changes in place (an observation patient is admitted)."""

    INPATIENT = "inpatient"
    OBSERVATION = "observation"
    DAY = "day"


class AdmissionType(StrEnum):
    """How a stay begins, in the words of the SPARCS export."""

    EMERGENCY = "Emergency"
    URGENT = "Urgent"
    ELECTIVE = "Elective"
    NEWBORN = "Newborn"
    TRAUMA = "Trauma"
    UNKNOWN = "Not Available"
