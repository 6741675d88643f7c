"""Writes the pages whose tables come from the code, docs/metrics.md and docs/rules.md: `python docs/tables.py`."""
# ruff: noqa: INP001 - a script beside the pages it writes, not a package

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path

from engine.adapters.metric_catalogue import metrics_table
from engine.core.eligibility import HARD_RULES
from engine.core.policy import Policy, ShortageCeilings, Weights
from engine.core.preferences import SOFT_RULES, opens_shared_room
from engine.core.reasons import Refusal

DOCS = Path(__file__).parent


def metrics_page() -> str:
    """docs/metrics.md."""
    return f"""# Metrics

Every worker serves its own at `/metrics` (Prometheus text) and says at `/healthz` that it runs; on loopback unless
told otherwise. Units are base units. Labels take values from closed sets, so the number of series depends on the map
and the number of partitions, never on patients: no patient is named in a label.

Bed-time is integrated over lane time, the time of the events: a replay at a thousand times the speed shows the hours
of the hospital, not those of the computer. Idle is open and not occupied. A closed bed is not open; a bed kept during
leave is occupied. Of several reasons the first of these counts: dirty, cleaning or blocked; held; reserved; clean and
empty.

The share of bed-time that was idle is
`sum(bedstream_bed_idle_seconds_total) / sum(bedstream_bed_open_seconds_total)`; `bedstream_bed_idle_ratio` is the share
of the open beds that are idle at this moment.

{metrics_table()}

Gauges of a facility are shown by the worker that owns its lane; counters stay where they were counted, so sums over
workers are right. A batch that had to run again counts once.

The Grafana dashboard “House” (`deploy/grafana/dashboards/house.json`) is made by `deploy/grafana/build.py`.
"""


def rules_page() -> str:
    """docs/rules.md."""
    return f"""# Rules

## Hard rules: who may lie where

A bed is asked only when it is usable: available, with nobody in it, not reserved and not held (else it is counted with
the beds that {_refusal("NOT_AVAILABLE")}); one that is dirty or being cleaned may be reserved
for when it is expected to be ready. The first rule that speaks against a bed is the reason that is counted and shown.
Facts win over rules: where ADT puts a patient against a rule, that is recorded as a contradiction and shown, and
nothing is dropped.

| rule | what it asks | beds it refuses … |
|---|---|---|
{_hard_rows()}

## Soft rules: what a bed costs

In wait-hour equivalents: one hour of an ordinary patient's waiting is 1. A cost per day is multiplied by the days the
patient is expected to stay. Weights are policy (`[weights]`), not code; the figures are the defaults.

| rule | what it costs | weight |
|---|---|---|
{_soft_rows()}

## The shortage price

A patient who does not need a pool but would use one of its beds pays its price times min(1, expected stay / 3 days):
the ceiling below times the probability that within 24 h the pool has no bed for somebody who needs it. Arrivals and
departures expected come from the forecasts and are refreshed every {Policy().price_refresh_minutes:.0f} minutes; the
queue and the free beds are read live.

| pool | ceiling (wait-hours) |
|---|---|
{_ceiling_rows()}
"""


def _hard_rows() -> str:
    return "\n".join(f"| `{rule.__name__}` | {_said(rule)} | {_refusals(rule)} |" for rule in HARD_RULES)


def _soft_rows() -> str:
    rules: list[Callable[..., float]] = [*(rule for rule, _ in SOFT_RULES), opens_shared_room]
    return "\n".join(f"| `{rule.__name__}` | {_said(rule)} | {_weights(rule)} |" for rule in rules)


def _ceiling_rows() -> str:
    ceilings = ShortageCeilings()
    words = {"home": "home wards of a service"}
    return "\n".join(
        f"| {words.get(name, name.replace('_', ' '))} | {getattr(ceilings, name):g} |"
        for name in ShortageCeilings.__struct_fields__
    )


def _said(rule: Callable[..., object]) -> str:
    return " ".join((inspect.getdoc(rule) or "").split())


def _refusals(rule: Callable[..., object]) -> str:
    """The reasons a rule can give, read from the names its code uses."""
    return "; ".join(_refusal(name) for name in rule.__code__.co_names if name in Refusal.__members__)


def _refusal(name: str) -> str:
    return Refusal[name].sentence


def _weights(rule: Callable[..., object]) -> str:
    """The weights a rule uses, read from the names its code uses, with their defaults."""
    used = [name for name in rule.__code__.co_names if name in Weights.__struct_fields__]
    return ", ".join(f"`{name}` {getattr(Weights(), name):g}" for name in used)


PAGES: dict[str, Callable[[], str]] = {"metrics.md": metrics_page, "rules.md": rules_page}

if __name__ == "__main__":
    for name, page in PAGES.items():
        (DOCS / name).write_text(page(), encoding="utf-8")
