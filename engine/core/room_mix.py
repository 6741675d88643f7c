"""What the rooms of a ward look like, by service: assumptions for a believable house, kept as data."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

import msgspec

from engine.core.terms import Equipment


class RoomMix(msgspec.Struct, frozen=True, kw_only=True):
    """Shares are of the ward's beds; `largest_ward` in beds; `surge` beds stand closed in rooms of their own."""

    code: str
    singles: float = 0.40
    fours: float = 0.0
    negative: float = 0.05
    positive: float = 0.0
    telemetry: float = 0.0
    bariatric: float = 0.06
    everywhere: frozenset[Equipment] = frozenset()
    any_sex: bool = False
    largest_ward: int = 30
    turnaround_minutes: float = 75.0
    surge: int = 0


_WATCHED = frozenset({Equipment.TELEMETRY})
_INTENSIVE = frozenset({Equipment.TELEMETRY, Equipment.VENTILATOR, Equipment.DIALYSIS})

ROOM_MIX: Final = MappingProxyType(
    {
        "medicine": RoomMix(code="MED", fours=0.15, telemetry=0.12, surge=2),
        "surgery": RoomMix(code="SUR", fours=0.15, telemetry=0.08, surge=2),
        "orthopaedics": RoomMix(code="ORT", singles=0.35, negative=0.03, bariatric=0.10),
        "cardiology": RoomMix(code="CAR", telemetry=0.75),
        "neurology": RoomMix(code="NEU", telemetry=0.25),
        "oncology": RoomMix(code="ONC", singles=0.60, positive=0.20),
        "intensive_care": RoomMix(
            code="ICU", singles=1.0, negative=0.15, everywhere=_INTENSIVE, largest_ward=16, turnaround_minutes=90.0
        ),
        "step_down": RoomMix(
            code="SDU", singles=0.60, negative=0.10, everywhere=_WATCHED, largest_ward=20, turnaround_minutes=80.0
        ),
        "maternity": RoomMix(
            code="MAT", singles=1.0, negative=0.03, bariatric=0.03, largest_ward=24, turnaround_minutes=60.0
        ),
        "paediatrics": RoomMix(code="PAE", singles=0.50, bariatric=0.0, largest_ward=24),
        "psychiatry": RoomMix(code="PSY", negative=0.0, bariatric=0.03, largest_ward=24, turnaround_minutes=60.0),
        "observation": RoomMix(
            code="OBS", singles=0.30, telemetry=0.30, any_sex=True, largest_ward=20, turnaround_minutes=45.0
        ),
    }
)


def mix_of(service: str) -> RoomMix:
    """The mix for a service; one that is not in the table gets a plain ward under a code made from its name."""
    code = "".join(letter for letter in service.upper() if letter.isalnum())[:6] or "WARD"
    return ROOM_MIX.get(service) or RoomMix(code=code)
