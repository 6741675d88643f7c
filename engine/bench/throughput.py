"""Sustained speed: a backlog lies ready, a contender starts, and the ledger's growth is timed."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from engine.bench.contenders import Contender, Running
from engine.bench.recording import Recorded
from engine.bench.topics import LedgerWatch

US_PER_SECOND = 1e6


class Speed(msgspec.Struct, frozen=True):
    """One run. `*_us` are microseconds per event: of processor time, and by stage of wall-clock time."""

    contender: Contender
    events: int
    events_per_second: float
    cpu_us: float | None
    stages_us: dict[str, float]
    is_whole: bool


async def speed_of(contender: Contender, running: Running, watch: LedgerWatch, events: Sequence[Recorded]) -> Speed:
    """From the first look that finds records in the ledger to the last record; starting up is not counted."""
    first, began = await watch.until(1)
    cpu_before, stages_before = running.cpu_seconds(), running.stage_seconds()
    last, ended = await watch.until(len(events))
    cpu_after, stages_after = running.cpu_seconds(), running.stage_seconds()
    counted = max(1, last - first)
    cpu = None if cpu_before is None or cpu_after is None else (cpu_after - cpu_before) / counted * US_PER_SECOND
    return Speed(
        contender=contender,
        events=last,
        events_per_second=counted / max(ended - began, 1e-9),
        cpu_us=cpu,
        stages_us={
            stage: (seconds - stages_before.get(stage, 0.0)) / counted * US_PER_SECOND
            for stage, seconds in stages_after.items()
        },
        is_whole=await watch.is_whole(len(events)),
    )
