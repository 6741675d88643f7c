"""What Prometheus gets to see."""

from __future__ import annotations

import re
import urllib.error
import urllib.request

import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from engine.adapters.metric_catalogue import CATALOGUE
from engine.adapters.metrics import Metrics
from engine.core.errors import BadInput
from engine.core.suggestion import Step, Suggestion, SuggestionKind
from engine.core.terms import BedStatus

from .life import HOUSE, START, Life, plan


def a_day() -> tuple[Life, Metrics]:
    metrics = Metrics()
    life = Life(metrics.observe)
    life.asks("patient-a", 0)
    life.lies("patient-a", "M1-1", 1)
    life.lies("patient-b", "M1-1", 2)
    life.bed_is("nowhere", BedStatus.DIRTY, 3)
    life.leaves("patient-a", 49)
    return life, metrics


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(name, labels)


def test_every_metric_of_the_catalogue_is_exposed_and_no_other() -> None:
    _, metrics = a_day()
    exposed = {family.name for family in text_string_to_metric_families(generate_latest(metrics.registry).decode())}
    wanted = {spec.name.removesuffix("_total") for spec in CATALOGUE}
    assert wanted == {name for name in exposed if not name.endswith("_created")}


def test_labels_are_those_of_the_catalogue() -> None:
    _, metrics = a_day()
    labels = {spec.name.removesuffix("_total"): set(spec.labels) for spec in CATALOGUE}
    for family in text_string_to_metric_families(generate_latest(metrics.registry).decode()):
        for sample in family.samples:
            assert set(sample.labels) - {"le"} <= labels[family.name.removesuffix("_created")]


def test_no_patient_is_named() -> None:
    _, metrics = a_day()
    assert "patient" not in re.sub(r"# .*", "", generate_latest(metrics.registry).decode())


def test_events_are_counted_by_type_and_outcome() -> None:
    _, metrics = a_day()
    assert value(metrics, "bedstream_events_total", type="PatientLocated", outcome="applied") == 2
    assert value(metrics, "bedstream_events_total", type="BedStatusChanged", outcome="rejected") == 1


def test_beds_and_idle_time_are_shown_by_ward() -> None:
    _, metrics = a_day()
    assert value(metrics, "bedstream_beds", facility=HOUSE, ward="M", state="occupied") == 1
    assert value(metrics, "bedstream_bed_idle_seconds_total", facility=HOUSE, ward="M", reason="reserved") == 3600
    assert value(metrics, "bedstream_bed_open_seconds_total", facility=HOUSE, ward="S") == 3 * 49 * 3600
    assert value(metrics, "bedstream_bed_idle_ratio", facility=HOUSE) == pytest.approx(5 / 6)


def test_a_bed_given_to_two_patients_is_a_warning() -> None:
    _, metrics = a_day()
    assert value(metrics, "bedstream_warnings_total", kind="bed_taken") == 1


def test_the_error_of_a_stay_forecast_is_known_at_discharge() -> None:
    _, metrics = a_day()
    assert value(metrics, "bedstream_stay_error_days_count", model="coin") == 1
    assert value(metrics, "bedstream_stay_error_days_sum", model="coin") == pytest.approx(0.56, abs=0.1)


def test_a_batch_that_ran_again_counts_once() -> None:
    life, metrics = a_day()
    metrics.took(life.census)
    metrics.observe(life.census, life.records[-1])
    assert value(metrics, "bedstream_events_total", type="VisitDischarged", outcome="applied") == 1


def test_a_facility_that_went_to_another_worker_shows_no_state_but_keeps_its_counters() -> None:
    _, metrics = a_day()
    metrics.dropped(HOUSE)
    assert value(metrics, "bedstream_bed_idle_ratio", facility=HOUSE) is None
    assert value(metrics, "bedstream_bed_idle_seconds_total", facility=HOUSE, ward="M", reason="reserved") == 3600


def test_a_census_taken_over_is_shown_before_anything_happens() -> None:
    life, _ = a_day()
    metrics = Metrics()
    metrics.took(life.census)
    assert value(metrics, "bedstream_beds", facility=HOUSE, ward="M", state="occupied") == 1
    assert value(metrics, "bedstream_waiting_visits", facility=HOUSE, priority="1") == 0


def test_the_planner_is_counted() -> None:
    metrics = Metrics()
    move = Suggestion(
        suggestion_id="s",
        plan_id="p",
        kind=SuggestionKind.MOVE,
        steps=(Step("a", "M1-1"),),
        gain=9.0,
        reason="",
        expires_at=START,
    )
    metrics.plan_done(plan(move, move))
    metrics.plan_coalesced(HOUSE, 2)
    metrics.plan_failed(HOUSE, "deadline")
    assert value(metrics, "bedstream_suggestions_total", kind="move") == 2
    assert value(metrics, "bedstream_plan_seconds_count") == 1
    assert value(metrics, "bedstream_plan_coalesced_total") == 2
    assert value(metrics, "bedstream_plan_failures_total", reason="deadline") == 1


def test_the_lane_is_counted() -> None:
    metrics = Metrics()
    with metrics.stage("commit"):
        metrics.decided(80e-6)
    metrics.conflict()
    metrics.redelivery(3)
    metrics.rejected("unreadable")
    metrics.paused(7, True)
    metrics.lag(7, 1.5)
    metrics.rebuilt()
    metrics.model_fallback("gone", True)
    assert value(metrics, "bedstream_stage_seconds_count", stage="commit") == 1
    assert value(metrics, "bedstream_redeliveries_total") == 3
    assert value(metrics, "bedstream_lane_paused", partition="7") == 1
    assert value(metrics, "bedstream_model_fallback", model="gone") == 1


def test_metrics_and_health_are_served() -> None:
    _, metrics = a_day()
    server = metrics.start_server()
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/metrics", timeout=5) as answer:
            assert b"bedstream_bed_idle_ratio" in answer.read()
        with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/healthz", timeout=5) as answer:
            assert answer.read() == b"ok\n"
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(f"http://127.0.0.1:{server.port}/", timeout=5)
    finally:
        server.close()


def test_a_taken_port_is_one_clear_sentence() -> None:
    server = Metrics().start_server()
    try:
        with pytest.raises(BadInput, match=f"127.0.0.1:{server.port}.*choose another port"):
            Metrics().start_server(port=server.port)
    finally:
        server.close()
