"""A proposal of the planner to the bed manager. Only an accepted one changes anything, if its state still holds."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec


class SuggestionKind(StrEnum):
    PLACE = "place"
    MOVE = "move"
    SWAP = "swap"
    RESERVE = "reserve"
    EXPEDITE_DISCHARGE = "expedite_discharge"


class Step(msgspec.Struct, frozen=True, omit_defaults=True):
    """One patient into one bed; `from_bed` None when the patient has none yet. Steps are carried out in order."""

    visit: str
    to_bed: str
    from_bed: str | None = None


class Dependency(msgspec.Struct, frozen=True):
    """A visit or bed as the planner saw it: its id and the version at which it had last changed."""

    id: str
    changed: int


class Suggestion(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Gain in wait-hour equivalents over the horizon; `expires_at` in lane time; `reason` one sentence for people."""

    suggestion_id: str
    plan_id: str
    kind: SuggestionKind
    steps: tuple[Step, ...]
    gain: float
    reason: str
    expires_at: Annotated[datetime, msgspec.Meta(tz=True)]
    visits: tuple[Dependency, ...] = ()
    beds: tuple[Dependency, ...] = ()
