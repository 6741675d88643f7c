"""What `bedstream bench stream` prints and writes."""

from __future__ import annotations

import os
import platform
from statistics import median

import msgspec
from rich.console import Console
from rich.table import Table

from engine.bench.contenders import Contender
from engine.bench.latency import Latency
from engine.bench.stream import TARGET_RATIO, Measured, Wanted


def show(measured: Measured, console: Console) -> None:
    """Speed, latency, and one line that says whether the target is met."""
    console.print(_speeds(measured))
    console.print(_stages(measured))
    if measured.latencies:
        console.print(_latencies(measured.latencies))
    console.print(f"{os.cpu_count()} cores; load average {measured.load_before:.1f} before it began.")
    console.print(verdict(measured))


def verdict(measured: Measured) -> str:
    """One line."""
    rounds = ", ".join(f"{ratio:.2f}" for ratio in measured.ratios)
    met = "met" if measured.ratio >= TARGET_RATIO else "missed"
    whole = "" if all(one.is_whole for one in measured.speeds) else " A LEDGER HAS A GAP OR A REPETITION."
    return (
        f"The Faust worker runs at {measured.ratio:.2f} of the hand-written loop (rounds: {rounds}); "
        f"target ≥ {TARGET_RATIO}: {met}.{whole}"
    )


def _speeds(measured: Measured) -> Table:
    table = Table("contender", "events", "events/s, median (rounds)", "CPU µs per event", title="Sustained speed")
    for contender in Contender:
        runs = measured.of(contender)
        if runs:
            speeds = [one.events_per_second for one in runs]
            cpu = [one.cpu_us for one in runs if one.cpu_us is not None]
            rounds = ", ".join(f"{one:,.0f}" for one in speeds)
            cpu_said = f"{median(cpu):,.0f}" if cpu else "–"
            table.add_row(contender.value, f"{runs[0].events:,}", f"{median(speeds):,.0f} ({rounds})", cpu_said)
    return table


def _stages(measured: Measured) -> Table:
    """Wall clock, so `commit` holds the wait for Valkey's fsync."""
    runs = {contender: measured.of(contender)[-1] for contender in Contender if measured.of(contender)}
    table = Table("stage", *(contender.value for contender in runs), title="µs per event by stage, last round")
    for stage in next(iter(runs.values())).stages_us:
        table.add_row(stage, *(f"{run.stages_us.get(stage, 0.0):,.0f}" for run in runs.values()))
    return table


def _latencies(latencies: list[Latency]) -> Table:
    table = Table("events/s", "events", "p50 ms", "p99 ms", "max ms", title="From send to ledger, the Faust worker")
    for one in latencies:
        table.add_row(
            f"{one.pace:,.0f}", f"{one.events:,}", f"{one.p50_ms:.1f}", f"{one.p99_ms:.1f}", f"{one.most_ms:.1f}"
        )
    return table


def as_json(wanted: Wanted, measured: Measured) -> bytes:
    """All figures with what they were measured on; no name of the machine."""
    machine = {"cores": os.cpu_count(), "architecture": platform.machine(), "python": platform.python_version()}
    found = {"machine": machine, "wanted": wanted, "ratios": measured.ratios, "ratio": measured.ratio}
    return msgspec.json.format(msgspec.json.encode({**found, "measured": measured}))
