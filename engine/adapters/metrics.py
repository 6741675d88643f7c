"""bedstream's metrics in a registry of their own: what the lane and the planner tell, and the houses as they stand."""

from __future__ import annotations

from contextlib import AbstractContextManager

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from engine.adapters.house_collector import House, HouseCollector
from engine.adapters.metric_catalogue import WORKER_METRICS, Kind, MetricSpec
from engine.adapters.metrics_server import MetricsServer
from engine.core.census import Census
from engine.core.decisions import (
    BedAssigned,
    ConflictRecorded,
    Decision,
    PricesRefreshed,
    SuggestionAnswered,
    VisitRecorded,
)
from engine.core.ledger import Outcome, Record
from engine.core.placement import price_of
from engine.core.visit import Ending, Visit
from engine.planning.message import PlanMessage

HOURS_PER_DAY = 24.0
_NOTED = (BedAssigned, ConflictRecorded, PricesRefreshed, SuggestionAnswered, VisitRecorded)


class Metrics:
    """Both observer ports. A new instance shares nothing with another, so tests and workers stay apart."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._houses: dict[str, House] = {}
        self._counters: dict[str, Counter] = {}
        self._gauges: dict[str, Gauge] = {}
        self._histograms: dict[str, Histogram] = {}
        self._events: dict[tuple[str, Outcome], Counter] = {}
        for spec in WORKER_METRICS:
            self._register(spec)
        self.registry.register(HouseCollector(self._houses))

    def _register(self, spec: MetricSpec) -> None:
        name = spec.name.removeprefix("bedstream_")
        match spec.kind:
            case Kind.COUNTER:
                self._counters[name] = Counter(spec.name, spec.help, spec.labels, registry=self.registry)
            case Kind.GAUGE:
                self._gauges[name] = Gauge(spec.name, spec.help, spec.labels, registry=self.registry)
            case Kind.HISTOGRAM:
                made = Histogram(spec.name, spec.help, spec.labels, registry=self.registry, buckets=spec.buckets)
                self._histograms[name] = made

    def start_server(self, host: str = "127.0.0.1", port: int = 0) -> MetricsServer:
        """Serve /metrics and /healthz from a thread; port 0 takes a free one. Close it when done."""
        return MetricsServer(self.registry, host, port)

    # -- the lane ----------------------------------------------------------------------------------------------------

    def took(self, census: Census) -> None:
        if census.version == 0:
            self._houses.pop(census.facility_id, None)  # its ledger begins anew, and so do its versions
        house = self._houses.setdefault(census.facility_id, House())
        house.owned = True
        seen = house.meter.version
        # After a failed commit the meter is ahead of what Redis holds; the same records come again and are passed over.
        if census.lane_time is not None and (seen is None or census.version > seen):
            house.meter.idle.skip_to(census.lane_time)
            house.meter.start(census, census.lane_time)

    def dropped(self, facility: str) -> None:
        if house := self._houses.get(facility):
            house.owned = False

    def observe(self, census: Census, record: Record) -> None:
        house = self._houses.setdefault(record.facility, House())
        house.owned = True
        if house.meter.follow(census, record) is None:
            return
        self._count_event(record)
        for decision in record.decisions:
            if isinstance(decision, _NOTED):
                self._note(house, census, record, decision)

    def _count_event(self, record: Record) -> None:
        """Looking a series up by its labels costs as much as a small decision: once each."""
        kind = (record.event_type, record.outcome)
        series = self._events.get(kind)
        if series is None:
            series = self._events[kind] = self._counters["events_total"].labels(kind[0], kind[1].value)
        series.inc()

    def _note(self, house: House, census: Census, record: Record, decision: Decision) -> None:
        match decision:
            case BedAssigned(waited_hours=waited_hours, suggestion_id=None):
                self._histograms["wait_seconds"].observe(waited_hours * 3600.0)
            case VisitRecorded(visit=visit) if record.event_type == "VisitDischarged":
                self._note_stay(visit)
            case ConflictRecorded(kind=kind):
                self._counters["warnings_total"].labels(kind.value).inc()
            case SuggestionAnswered(outcome=outcome):
                self._counters["suggestions_answered_total"].labels(outcome.value).inc()
            case PricesRefreshed(pools=pools):
                house.prices = {pool: price_of(census, pool) for pool in pools}
            case _:
                pass

    def _note_stay(self, visit: Visit) -> None:
        """How far the forecast made at admission was from the stay that has just ended."""
        if (
            visit.ended is not Ending.DISCHARGED
            or visit.forecast is None
            or None in (visit.admitted_at, visit.ended_at)
        ):
            return
        if visit.admitted_at is not None and visit.ended_at is not None:
            error_hours = visit.forecast.mean_residual_hours() - visit.elapsed_hours(visit.ended_at)
            days = abs(error_hours) / HOURS_PER_DAY
            self._histograms["stay_error_days"].labels(visit.forecast.model).observe(days)

    def decided(self, seconds: float) -> None:
        self._histograms["decision_seconds"].observe(seconds)

    def stage(self, name: str) -> AbstractContextManager[object]:
        return self._histograms["stage_seconds"].labels(name).time()

    def conflict(self) -> None:
        self._counters["commit_conflicts_total"].inc()

    def redelivery(self, records: int = 1) -> None:
        self._counters["redeliveries_total"].inc(records)

    def rejected(self, reason_class: str) -> None:
        self._counters["rejected_total"].labels(reason_class).inc()

    def rebuilt(self) -> None:
        self._counters["rebuilds_total"].inc()

    def lag(self, partition: int, seconds: float) -> None:
        self._gauges["lane_lag_seconds"].labels(str(partition)).set(seconds)

    def paused(self, partition: int, is_paused: bool) -> None:
        self._gauges["lane_paused"].labels(str(partition)).set(is_paused)

    def model_fallback(self, model: str, is_serving: bool) -> None:
        self._gauges["model_fallback"].labels(model).set(is_serving)

    # -- the planner -------------------------------------------------------------------------------------------------

    def plan_done(self, message: PlanMessage) -> None:
        self._histograms["plan_seconds"].observe(message.seconds)
        self._histograms["plan_gap_ratio"].observe(message.gap_ratio)
        for suggestion in message.suggestions:
            self._counters["suggestions_total"].labels(suggestion.kind.value).inc()

    def plan_failed(self, facility: str, reason: str) -> None:  # noqa: ARG002 - the reason is label enough
        self._counters["plan_failures_total"].labels(reason).inc()

    def plan_coalesced(self, facility: str, runs: int) -> None:  # noqa: ARG002 - counted over all houses
        self._counters["plan_coalesced_total"].inc(runs)
