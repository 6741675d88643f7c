"""Every metric by name, with what it means. docs/metrics.md and the dashboard's checks are made from this table."""

from __future__ import annotations

from enum import StrEnum

import msgspec

HOUR, DAY = 3600.0, 86400.0
FAST_SECONDS = (50e-6, 100e-6, 200e-6, 500e-6, 1e-3, 2e-3, 5e-3, 10e-3, 25e-3, 50e-3, 0.1, 0.25, 1.0, 5.0)
SOLVER_SECONDS = (0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 30.0, 60.0, 120.0)
WAIT_SECONDS = (60.0, 300.0, 900.0, 1800.0, HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, 12 * HOUR, DAY, 2 * DAY)
ERROR_DAYS = (0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 7.0, 10.0, 14.0, 21.0, 30.0, 60.0)
SHARES = (0.0, 0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)


class Kind(StrEnum):
    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


class MetricSpec(msgspec.Struct, frozen=True):
    """One metric; `labels` take values from closed sets (enumerations, the map, partitions), never from patients."""

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()

    @property
    def series(self) -> tuple[str, ...]:
        """The names under which Prometheus stores it."""
        if self.kind is Kind.HISTOGRAM:
            return (f"{self.name}_bucket", f"{self.name}_sum", f"{self.name}_count")
        return (self.name,)


def _counter(name: str, text: str, *labels: str) -> MetricSpec:
    return MetricSpec(f"bedstream_{name}_total", Kind.COUNTER, text, labels)


def _gauge(name: str, text: str, *labels: str) -> MetricSpec:
    return MetricSpec(f"bedstream_{name}", Kind.GAUGE, text, labels)


def _histogram(name: str, text: str, buckets: tuple[float, ...], *labels: str) -> MetricSpec:
    return MetricSpec(f"bedstream_{name}", Kind.HISTOGRAM, text, labels, buckets)


HOUSE_METRICS: tuple[MetricSpec, ...] = (
    _gauge(
        "beds",
        "Beds now, by what they are doing; `clean_empty` is ready for the next patient.",
        "facility",
        "ward",
        "state",
    ),
    _counter("bed_idle_seconds", "Bed-seconds open and not occupied, in lane time.", "facility", "ward", "reason"),
    _counter(
        "bed_open_seconds", "Bed-seconds not closed, in lane time: what idle time is a share of.", "facility", "ward"
    ),
    _gauge("bed_idle_ratio", "Share of the open beds that nobody occupies now (0–1).", "facility"),
    _gauge("waiting_visits", "Visits in the queue for a bed.", "facility", "priority"),
    _gauge("deferred_visits", "Visits of the queue that wait for a better bed although one is free.", "facility"),
    _gauge("off_service_visits", "Visits in a bed away from the home wards of their service.", "facility"),
    _gauge("shortage_price", "Price of the pool's next bed for a long stay, in wait-hours.", "facility", "pool"),
)

WORKER_METRICS: tuple[MetricSpec, ...] = (
    _counter("events", "Events consumed, by type and by what came of them.", "type", "outcome"),
    _histogram("decision_seconds", "Time to decide one event, in memory.", FAST_SECONDS),
    _histogram("stage_seconds", "Time of one stage of the lane for one batch.", FAST_SECONDS, "stage"),
    _histogram("wait_seconds", "Wait for a bed until it was assigned, in lane time.", WAIT_SECONDS),
    _histogram(
        "stay_error_days", "Absolute error of the mean stay forecast, by model, at discharge.", ERROR_DAYS, "model"
    ),
    _gauge("model_fallback", "1 while the fallback serves in place of this model, missing or broken.", "model"),
    _histogram("plan_seconds", "Time of one planner run.", SOLVER_SECONDS),
    _histogram("plan_gap_ratio", "Gap between plan and bound at the end of a run (0 is proven best).", SHARES),
    _counter("plan_failures", "Planner runs that brought nothing; nothing else depends on them.", "reason"),
    _counter("plan_coalesced", "Planner runs that came due while one was running, and were folded into the next."),
    _counter("suggestions", "Suggestions published, by kind.", "kind"),
    _counter("suggestions_answered", "Answers to suggestions, by what became of them.", "answer"),
    _counter("warnings", "Contradictions recorded for people to look at; `bed_not_on_map` is an unmapped bed.", "kind"),
    _counter("rejected", "Records sent to adt.rejected, by class of reason.", "reason"),
    _counter("commit_conflicts", "Batches whose commit was refused or unknown, and that ran again."),
    _counter("redeliveries", "Records already applied that Kafka delivered again."),
    _counter("rebuilds", "Censuses rebuilt from the ledger."),
    _gauge("lane_lag_seconds", "Age of the last committed record by its timestamp, wall clock.", "partition"),
    _gauge("lane_paused", "1 while the partition waits for a dependency.", "partition"),
)

CATALOGUE: tuple[MetricSpec, ...] = (*HOUSE_METRICS, *WORKER_METRICS)


def metrics_table() -> str:
    """The catalogue as a Markdown table."""
    rows = [
        f"| `{spec.name}` | {spec.kind} | {', '.join(f'`{label}`' for label in spec.labels) or '–'} | {spec.help} |"
        for spec in CATALOGUE
    ]
    return "\n".join(["| metric | kind | labels | what |", "|---|---|---|---|", *rows])
