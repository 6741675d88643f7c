"""The houses' own metrics, made when Prometheus asks: a scrape pays for them, the lane does not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from engine.adapters.house_meter import HouseMeter
from engine.adapters.metric_catalogue import HOUSE_METRICS, Kind, MetricSpec

Sample = tuple[tuple[str, ...], float]


class House:
    """A house this worker has, or had: `owned` houses show their state, all show what was counted here."""

    __slots__ = ("meter", "owned", "prices")

    def __init__(self) -> None:
        self.meter = HouseMeter()
        self.owned = True
        self.prices: dict[str, float] = {}


class HouseCollector(Collector):
    """Reads copies of the meters' tables, since the lane's thread goes on meanwhile."""

    def __init__(self, houses: Mapping[str, House]) -> None:
        self._houses = houses

    def collect(self) -> Iterable[Metric]:
        houses = sorted(dict(self._houses).items())
        samples = {
            "bedstream_beds": _beds(houses),
            "bedstream_bed_idle_seconds_total": _idle_seconds(houses),
            "bedstream_bed_open_seconds_total": _open_seconds(houses),
            "bedstream_bed_idle_ratio": (((name,), house.meter.idle.idle_ratio_now) for name, house in _owned(houses)),
            "bedstream_waiting_visits": _waiting(houses),
            "bedstream_deferred_visits": (((name,), len(house.meter.deferred)) for name, house in _owned(houses)),
            "bedstream_off_service_visits": (((name,), len(house.meter.off_service)) for name, house in _owned(houses)),
            "bedstream_shortage_price": _prices(houses),
        }
        for spec in HOUSE_METRICS:
            yield _family(spec, samples[spec.name])


def _family(spec: MetricSpec, samples: Iterable[Sample]) -> Metric:
    kind = CounterMetricFamily if spec.kind is Kind.COUNTER else GaugeMetricFamily
    family = kind(spec.name, spec.help, labels=spec.labels)
    for labels, value in samples:
        family.add_metric(labels, value)
    return family


def _owned(houses: list[tuple[str, House]]) -> Iterator[tuple[str, House]]:
    return ((name, house) for name, house in houses if house.owned)


def _beds(houses: list[tuple[str, House]]) -> Iterator[Sample]:
    for name, house in _owned(houses):
        for (ward, use), beds in sorted(house.meter.idle.beds().items()):
            yield (name, ward, use.value), beds


def _idle_seconds(houses: list[tuple[str, House]]) -> Iterator[Sample]:
    for name, house in houses:
        for (ward, use), time in sorted(house.meter.idle.bed_time().items()):
            if use.is_idle:
                yield (name, ward, use.value), time.total_seconds()


def _open_seconds(houses: list[tuple[str, House]]) -> Iterator[Sample]:
    for name, house in houses:
        wards: dict[str, float] = {}
        for (ward, use), time in house.meter.idle.bed_time().items():
            wards[ward] = wards.get(ward, 0.0) + (time.total_seconds() if use.is_open else 0.0)
        yield from (((name, ward), seconds) for ward, seconds in sorted(wards.items()))


def _waiting(houses: list[tuple[str, House]]) -> Iterator[Sample]:
    """All five priorities, so that an empty queue reads 0 and not nothing."""
    for name, house in _owned(houses):
        waiting = house.meter.waiting_by_priority()
        yield from (((name, str(priority)), waiting[priority]) for priority in sorted({1, 2, 3, 4, 5, *waiting}))


def _prices(houses: list[tuple[str, House]]) -> Iterator[Sample]:
    for name, house in _owned(houses):
        yield from (((name, pool), price) for pool, price in sorted(house.prices.items()))
