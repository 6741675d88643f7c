"""Why a bed was chosen, refused or released: typed, and each renders as one sentence."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Refusal(StrEnum):
    """Why a bed cannot take a patient. One hard rule each; the sentence completes “N beds …”."""

    NOT_AVAILABLE = "not_available"
    LEVEL_TOO_LOW = "level_too_low"
    EQUIPMENT_MISSING = "equipment_missing"
    WRONG_AIR = "wrong_air"
    ISOLATION = "isolation"
    SEX_MISMATCH = "sex_mismatch"
    SEX_NEEDS_A_PERSON = "sex_needs_a_person"
    AGE_OUTSIDE = "age_outside"
    AGE_UNKNOWN = "age_unknown"
    WARD_EXCLUSIVE = "ward_exclusive"
    WRONG_KIND = "wrong_kind"

    @property
    def sentence(self) -> str:
        return _SENTENCES[self]


_SENTENCES = {
    Refusal.NOT_AVAILABLE: "are occupied, reserved, held, not clean or closed",
    Refusal.LEVEL_TOO_LOW: "give a lower level of care than needed",
    Refusal.EQUIPMENT_MISSING: "lack equipment the patient needs",
    Refusal.WRONG_AIR: "are in rooms without the air pressure the precautions need",
    Refusal.ISOLATION: "would put an isolated patient beside another",
    Refusal.SEX_MISMATCH: "are in rooms that hold patients of another sex",
    Refusal.SEX_NEEDS_A_PERSON: "are in shared rooms, and a person must decide on the sex for accommodation",
    Refusal.AGE_OUTSIDE: "are on wards for another age",
    Refusal.AGE_UNKNOWN: "are on wards with age limits, and the age is not known",
    Refusal.WARD_EXCLUSIVE: "are on wards that do not take such patients, or the patient belongs on an exclusive ward",
    Refusal.WRONG_KIND: "are of the wrong kind (bassinets are for newborns only)",
}


class CostTerm(StrEnum):
    """The terms of a bed's score, in wait-hour equivalents."""

    OFF_SERVICE = "off_service"
    LEVEL_ABOVE_NEED = "level_above_need"
    UNNEEDED_EQUIPMENT = "unneeded_equipment"
    SHORTAGE = "shortage"
    ROOM = "room"
    READY_LATER = "ready_later"


class Choice(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why this bed: its cost by term, how many kinds of bed were eligible, and the cost of the next best."""

    cost: float
    terms: dict[CostTerm, float]
    kinds_considered: int
    next_best_cost: float | None = None

    def sentence(self, bed: str) -> str:
        named = [f"{term.value.replace('_', ' ')} {cost:.1f}" for term, cost in self.terms.items() if cost > 0]
        because = f"costs {self.cost:.1f} wait-hours ({', '.join(named)})" if named else "fits without extra cost"
        rest = "" if self.next_best_cost is None else f"; the next best would cost {self.next_best_cost:.1f}"
        return f"Bed {bed} {because}{rest}."


def waiting_sentence(refusals: dict[Refusal, int]) -> str:
    """Why no bed could be given, most frequent refusal first."""
    if not refusals:
        return "The house has no beds."
    ranked = sorted(refusals.items(), key=lambda item: (-item[1], item[0]))
    return "No bed is free for this patient: " + "; ".join(f"{n} {why.sentence}" for why, n in ranked) + "."
