"""The house's weights and switches. Costs are in wait-hour equivalents (one hour of an ordinary patient's waiting)."""

from __future__ import annotations

import hashlib
from functools import cached_property

import msgspec

from engine.core.terms import Level


class Weights(msgspec.Struct, frozen=True):
    """What good means, one cost everywhere. Source: DESIGN §3."""

    wait_intensive: float = 4.0
    wait_step_down: float = 2.0
    wait_isolation: float = 1.5
    wait_other: float = 1.0
    off_service_related_per_day: float = 0.5
    off_service_per_day: float = 1.2
    level_above_need_per_day: float = 1.0
    move: float = 4.0
    isolation_unneeded_per_day: float = 0.5
    telemetry_unneeded_per_day: float = 0.25
    bariatric_unneeded_per_day: float = 0.5
    open_shared_room_per_extra_bed: float = 0.6


class ShortageCeilings(msgspec.Struct, frozen=True):
    """c_j: the price of taking a pool's last bed when shortage is certain, per pool. Source: DESIGN §3, simulated."""

    intensive: float = 96.0
    step_down: float = 48.0
    isolation: float = 45.0
    isolation_higher_level: float = 75.0
    telemetry: float = 12.0
    bariatric: float = 6.0
    home: float = 1.5

    def of(self, pool: str) -> float:
        return self.home if pool.startswith("home:") else float(getattr(self, pool))


class Deferral(msgspec.Struct, frozen=True):
    """When a patient waits for a better bed although one is free. Opt-in: with no levels nobody is deferred."""

    levels: tuple[Level, ...] = ()
    lowest_priority_first: int = 3
    score_above: float = 20.0
    at_most_hours: float = 4.0
    look_again_minutes: float = 30.0


class Planning(msgspec.Struct, frozen=True):
    """The periodic re-plan. Moves: at most `moves_per_stay`, `hours_between_moves` apart, worth `move_gain_above`."""

    every_minutes: float = 15.0
    horizon_hours: float = 72.0
    deadline_seconds: float = 3.0
    stays_at_most: int = 150
    suggestions_at_most: int = 3
    suggestion_valid_minutes: float = 30.0
    moves_per_stay: int = 2
    hours_between_moves: float = 24.0
    move_gain_above: float = 8.0
    waited_hours_before_move: float = 2.0


class Policy(msgspec.Struct, frozen=True, dict=True):
    """Everything a house may tune; hashed by content into every ledger record."""

    weights: Weights = Weights()
    shortage: ShortageCeilings = ShortageCeilings()
    deferral: Deferral = Deferral()
    planning: Planning = Planning()
    reserve_ahead_hours: float = 2.0
    reservation_expires_hours: float = 12.0
    price_refresh_minutes: float = 60.0
    remember_events_hours: float = 72.0
    remember_events_at_most: int = 200_000
    remember_ended_visits_days: float = 30.0

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(msgspec.json.encode(self, order="deterministic")).hexdigest()
