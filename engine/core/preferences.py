"""Soft rules: what a bed costs, in wait-hour equivalents. One function, one weight each; docs/rules.md lists them."""

from __future__ import annotations

from collections.abc import Callable

from engine.core.company import Company
from engine.core.events import Needs
from engine.core.facility import Spot, is_isolation_room
from engine.core.policy import Weights
from engine.core.reasons import CostTerm
from engine.core.scarcity import pools_needed
from engine.core.terms import Equipment, Level

DailyCost = Callable[[Needs, Spot, Weights], float]


def off_service(needs: Needs, spot: Spot, weights: Weights) -> float:
    """Per day away from the home wards of the patient's service; intensive and step-down wards serve all."""
    ward = spot.ward
    if ward.service == needs.service or (ward.level is not Level.ACUTE and ward.level is needs.level):
        return 0.0
    if needs.service in ward.related_services:
        return weights.off_service_related_per_day
    return weights.off_service_per_day


def level_above_need(needs: Needs, spot: Spot, weights: Weights) -> float:
    """Per day and level of care above what the patient needs."""
    return weights.level_above_need_per_day * max(0, spot.ward.level - needs.level)


def isolation_unneeded(needs: Needs, spot: Spot, weights: Weights) -> float:
    """Per day in a room with its own air that the patient does not need."""
    wasted = is_isolation_room(spot.room) and not needs.precautions
    return weights.isolation_unneeded_per_day if wasted else 0.0


def telemetry_unneeded(needs: Needs, spot: Spot, weights: Weights) -> float:
    """Per day at a telemetry place that the patient does not need (acute wards; higher levels all have it)."""
    wasted = Equipment.TELEMETRY in spot.bed.equipment - needs.equipment and spot.ward.level is Level.ACUTE
    return weights.telemetry_unneeded_per_day if wasted else 0.0


def bariatric_unneeded(needs: Needs, spot: Spot, weights: Weights) -> float:
    """Per day in a bariatric bed that the patient does not need."""
    wasted = Equipment.BARIATRIC in spot.bed.equipment - needs.equipment
    return weights.bariatric_unneeded_per_day if wasted else 0.0


SOFT_RULES: tuple[tuple[DailyCost, CostTerm], ...] = (
    (off_service, CostTerm.OFF_SERVICE),
    (level_above_need, CostTerm.LEVEL_ABOVE_NEED),
    (isolation_unneeded, CostTerm.UNNEEDED_EQUIPMENT),
    (telemetry_unneeded, CostTerm.UNNEEDED_EQUIPMENT),
    (bariatric_unneeded, CostTerm.UNNEEDED_EQUIPMENT),
)


def daily_cost(needs: Needs, spot: Spot, weights: Weights) -> dict[CostTerm, float]:
    """Cost per day in this bed by term, without what depends on the hour (shortage) or the room's people."""
    terms: dict[CostTerm, float] = {}
    for rule, term in SOFT_RULES:
        if cost := rule(needs, spot, weights):
            terms[term] = terms.get(term, 0.0) + cost
    return terms


def opens_shared_room(spot: Spot, company: Company, weights: Weights) -> float:
    """Once, for being the first in an empty shared room: its other beds then fit one sex only."""
    if company.patients or spot.room.capacity < 2:
        return 0.0
    return weights.open_shared_room_per_extra_bed * (spot.room.capacity - 1)


def unneeded_pools(needs: Needs, spot: Spot) -> tuple[str, ...]:
    """Pools this bed belongs to and the patient does not draw on: the ones a shortage price is paid for."""
    needed = pools_needed(needs)
    return tuple(pool for pool in spot.pools if pool not in needed)


def wait_weight(needs: Needs, weights: Weights) -> float:
    """What an hour of this patient's waiting costs."""
    if needs.level is Level.INTENSIVE:
        return weights.wait_intensive
    if needs.level is Level.STEP_DOWN:
        return weights.wait_step_down
    return weights.wait_isolation if needs.precautions else weights.wait_other
