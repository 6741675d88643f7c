"""Writes the dashboard "House" as Grafana reads it. Run it after a change: `python deploy/grafana/build.py`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

DASHBOARD = Path(__file__).parent / "dashboards" / "house.json"
DATASOURCE = {"type": "prometheus", "uid": "bedstream-prometheus"}
HOUSE = 'facility=~"$facility"'
WIDTH, HEIGHT = 8, 8
PER_ROW = 24 // WIDTH

Json = dict[str, Any]
Query = tuple[str, str]


def panel(title: str, text: str, unit: str, *queries: Query, kind: str = "timeseries", stacked: bool = False) -> Json:
    """One panel; `queries` are (PromQL, legend). Units are Grafana's: percentunit, s, h, short, ops."""
    custom = {"stacking": {"mode": "normal"}, "fillOpacity": 60} if stacked else {"fillOpacity": 10}
    return {
        "title": title,
        "description": text,
        "type": kind,
        "datasource": DATASOURCE,
        "fieldConfig": {
            "defaults": {"unit": unit, "min": 0, "custom": custom if kind == "timeseries" else {}},
            "overrides": [],
        },
        "options": {"legend": {"displayMode": "list", "placement": "bottom"}} if kind == "timeseries" else {},
        "targets": [
            {"refId": chr(ord("A") + at), "expr": expr, "legendFormat": legend, "datasource": DATASOURCE}
            for at, (expr, legend) in enumerate(queries)
        ],
    }


def share(part: str, whole: str) -> str:
    return f"sum({part}) / sum({whole})"


def rate(metric: str, labels: str = "") -> str:
    return f"rate({metric}{{{labels}}}[$__rate_interval])"


def quantile(q: float, metric: str, by: str = "") -> str:
    grouped = f"le, {by}" if by else "le"
    return f"histogram_quantile({q}, sum by ({grouped}) ({rate(f'{metric}_bucket')}))"


def house_panels() -> list[Json]:
    """What the bed manager looks at."""
    idle, opened = f"bedstream_bed_idle_seconds_total{{{HOUSE}}}", f"bedstream_bed_open_seconds_total{{{HOUSE}}}"
    beds = f"bedstream_beds{{{HOUSE}}}"
    occupied = f'bedstream_beds{{{HOUSE}, state="occupied"}}'
    usable = f'bedstream_beds{{{HOUSE}, state!="closed"}}'
    waiting = f"bedstream_waiting_visits{{{HOUSE}}}"
    idle_rate, open_rate = (
        rate("bedstream_bed_idle_seconds_total", HOUSE),
        rate("bedstream_bed_open_seconds_total", HOUSE),
    )
    return [
        panel(
            "Idle, all time",
            "Share of open bed-time nobody occupied.",
            "percentunit",
            (share(idle, opened), ""),
            kind="stat",
        ),
        panel("Waiting", "Visits in the queue now.", "short", (f"sum({waiting})", ""), kind="stat"),
        panel(
            "Off-service",
            "Visits away from the home wards of their service.",
            "short",
            (f"sum(bedstream_off_service_visits{{{HOUSE}}})", ""),
            kind="stat",
        ),
        panel(
            "Idle now",
            "Share of the open beds that nobody occupies.",
            "percentunit",
            (f"bedstream_bed_idle_ratio{{{HOUSE}}}", "{{facility}}"),
        ),
        panel(
            "Idle bed-time by reason",
            "Share of open bed-time, by what kept the bed empty.",
            "percentunit",
            (f"sum by (reason) ({idle_rate}) / scalar(sum({open_rate}))", "{{reason}}"),
            stacked=True,
        ),
        panel(
            "Occupancy by ward",
            "Occupied share of the beds that are not closed.",
            "percentunit",
            (f"sum by (ward) ({occupied}) / sum by (ward) ({usable})", "{{ward}}"),
        ),
        panel(
            "Bed states",
            "Beds by what they are doing.",
            "short",
            (f"sum by (state) ({beds})", "{{state}}"),
            stacked=True,
        ),
        panel(
            "Waits",
            "Wait for a bed until it was assigned, in lane time.",
            "s",
            (quantile(0.5, "bedstream_wait_seconds"), "median"),
            (quantile(0.95, "bedstream_wait_seconds"), "95 %"),
        ),
        panel(
            "Waiting by priority",
            "Priority 1 is first; deferred visits wait for a better bed.",
            "short",
            (f"sum by (priority) ({waiting})", "priority {{priority}}"),
            (f"sum(bedstream_deferred_visits{{{HOUSE}}})", "deferred"),
        ),
        panel(
            "Shortage price",
            "What the next bed of a pool costs a patient who does not need it, in wait-hours.",
            "short",
            (f"max by (pool) (bedstream_shortage_price{{{HOUSE}}})", "{{pool}}"),
        ),
    ]


def planner_panels() -> list[Json]:
    """Suggestions, and how well the next days are known."""
    return [
        panel(
            "Suggestions",
            "Published by kind, and answers by what became of them.",
            "short",
            ("sum by (kind) (increase(bedstream_suggestions_total[1h]))", "{{kind}}"),
            ("sum by (answer) (increase(bedstream_suggestions_answered_total[1h]))", "answer: {{answer}}"),
        ),
        panel(
            "Planner runs",
            "Seconds a run takes; runs folded into the next or failed, per hour.",
            "short",
            (quantile(0.95, "bedstream_plan_seconds"), "95 % of runs (s)"),
            (quantile(0.5, "bedstream_plan_gap_ratio"), "median gap"),
            ("increase(bedstream_plan_coalesced_total[1h])", "coalesced"),
            ("sum by (reason) (increase(bedstream_plan_failures_total[1h]))", "failed: {{reason}}"),
        ),
        panel(
            "Stay error",
            "Median absolute error of the stay forecast; 1 on the fallback line: a model is missing or broken.",
            "short",
            (quantile(0.5, "bedstream_stay_error_days", "model"), "{{model}} (days)"),
            ("bedstream_model_fallback", "fallback for {{model}}"),
        ),
    ]


def worker_panels() -> list[Json]:
    """What the operator looks at."""
    return [
        panel(
            "Events",
            "Events consumed.",
            "ops",
            (f"sum by (type) ({rate('bedstream_events_total')})", "{{type}}"),
            stacked=True,
        ),
        panel(
            "Decision",
            "Time to decide one event.",
            "s",
            (quantile(0.5, "bedstream_decision_seconds"), "median"),
            (quantile(0.99, "bedstream_decision_seconds"), "99 %"),
        ),
        panel("Stages", "99 % of batches.", "s", (quantile(0.99, "bedstream_stage_seconds", "stage"), "{{stage}}")),
        panel(
            "Lag",
            "Age of the last committed record.",
            "s",
            ("max by (partition) (bedstream_lane_lag_seconds)", "{{partition}}"),
        ),
        panel(
            "Trouble",
            "All of these are handled; many of them want a look.",
            "short",
            ("sum by (reason) (increase(bedstream_rejected_total[1h]))", "rejected: {{reason}}"),
            ("sum by (kind) (increase(bedstream_warnings_total[1h]))", "warning: {{kind}}"),
            ("increase(bedstream_commit_conflicts_total[1h])", "commit conflicts"),
            ("increase(bedstream_redeliveries_total[1h])", "redeliveries"),
            ("increase(bedstream_rebuilds_total[1h])", "rebuilds"),
        ),
        panel("Paused", "Partitions that wait for a dependency.", "short", ("sum(bedstream_lane_paused)", "paused")),
    ]


def dashboard() -> Json:
    """The dashboard "House", panels laid out in rows of three."""
    panels = [*house_panels(), *planner_panels(), *worker_panels()]
    for at, one in enumerate(panels):
        one["id"] = at + 1
        one["gridPos"] = {"x": at % PER_ROW * WIDTH, "y": at // PER_ROW * HEIGHT, "w": WIDTH, "h": HEIGHT}
    return {
        "uid": "bedstream-house",
        "title": "House",
        "tags": ["bedstream"],
        "schemaVersion": 39,
        "refresh": "10s",
        "time": {"from": "now-1h", "to": "now"},
        "templating": {"list": [facility_choice()]},
        "panels": panels,
    }


def facility_choice() -> Json:
    """All facilities, or the ones picked."""
    return {
        "name": "facility",
        "type": "query",
        "datasource": DATASOURCE,
        "query": "label_values(bedstream_bed_idle_ratio, facility)",
        "refresh": 2,
        "multi": True,
        "includeAll": True,
        "allValue": ".*",
        "current": {"text": "All", "value": "$__all"},
    }


def as_text() -> str:
    return json.dumps(dashboard(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    DASHBOARD.write_text(as_text(), encoding="utf-8")
