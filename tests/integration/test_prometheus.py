"""A real Prometheus scrapes a living house, and every query of the dashboard brings an answer."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.adapters.metrics import Metrics
from engine.core import events as e
from engine.core.census import Census
from engine.core.facility import BedPlace, Facility, Room, Ward
from engine.core.ledger import Arrival, Opening, Position, apply_record, step
from engine.core.policy import Policy
from engine.core.stay import KNOT_NIGHTS, forecast_from_survival
from engine.core.suggestion import Suggestion, SuggestionKind
from engine.core.terms import Sex
from engine.embedded.ports import kept_ports
from tests.unit.metrics.life import plan

PROMETHEUS = os.environ.get("PROMETHEUS_BIN") or shutil.which("prometheus")
pytestmark = pytest.mark.skipif(
    PROMETHEUS is None, reason="no Prometheus here: install it (Debian: apt install prometheus) or set PROMETHEUS_BIN"
)

GRAFANA_BUILD = Path(__file__).parents[2] / "deploy" / "grafana" / "build.py"
START = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
ANSWERS_WITHIN_SECONDS = 30.0
MOVE = Suggestion(
    suggestion_id="s", plan_id="p", kind=SuggestionKind.MOVE, steps=(), gain=9, reason="", expires_at=START
)


class House:
    """One ward of ten beds, more patients than beds, a forecast and a discharge for each."""

    def __init__(self, metrics: Metrics) -> None:
        beds = tuple(Room(id=f"R{n}", beds=(BedPlace(id=f"B{n}"),)) for n in range(10))
        house = Facility(id="H1", wards=(Ward(id="W1", service="medicine", rooms=beds),))
        self._opening = Opening(house, Policy(), "coin")
        self._metrics = metrics
        self._census = Census("H1")
        self._forecast = forecast_from_survival([0.5**night for night in KNOT_NIGHTS], "coin")

    def lives(self, hours: int) -> None:
        for _ in range(hours):
            visit = f"v{self._census.version}"
            needs = e.Needs(service="surgery", sex=Sex.FEMALE, age_years=50)
            self._hears(e.PlacementRequested, visit=visit, needs=needs)
            if (reserved := self._census.visits[visit].reserved_bed) is not None:
                self._hears(e.PatientLocated, visit=visit, place=e.Place(bed=reserved))
            self._hears(e.PatientLocated, visit="elsewhere", place=e.Place(bed=f"X{self._census.version}"))
            if (occupant := next((one for one in self._census.visits.values() if one.bed), None)) is not None:
                self._hears(e.VisitDischarged, visit=occupant.id)
            self._hears(e.SuggestionRejected, suggestion=MOVE)

    def _hears(self, kind: type[Any], **what: object) -> None:
        at = START + timedelta(minutes=10 * self._census.version)
        event = kind(event_id=f"e{self._census.version}", facility="H1", at=at, source="test", **what)
        arrival = Arrival(event, Position("t", 0, self._census.version), at)
        with self._metrics.stage("decide"):
            record = step(self._census, arrival, {event.event_id: self._forecast}, self._opening)
        self._metrics.decided(1e-4)
        apply_record(self._census, record)
        self._metrics.observe(self._census, record)


def tell_the_rest(metrics: Metrics) -> None:
    """What a lane and a planner tell besides."""
    metrics.plan_done(plan(MOVE))
    metrics.plan_failed("H1", "deadline")
    metrics.plan_coalesced("H1", 1)
    metrics.conflict()
    metrics.redelivery()
    metrics.rejected("unreadable")
    metrics.rebuilt()
    metrics.lag(0, 0.5)
    metrics.paused(0, is_paused=False)
    metrics.model_fallback("gone", is_serving=True)


@pytest.fixture
def prometheus(tmp_path: Path) -> Iterator[str]:
    """Prometheus' address; it scrapes a house that lives on while it does."""
    metrics = Metrics()
    server = metrics.start_server()
    config = tmp_path / "prometheus.yml"
    config.write_text(
        "global: {scrape_interval: 1s}\n"
        "scrape_configs:\n"
        f"  - {{job_name: bedstream, static_configs: [{{targets: ['127.0.0.1:{server.port}']}}]}}\n"
    )
    address = f"127.0.0.1:{kept_ports(tmp_path / 'ports.json', ['prometheus'])['prometheus']}"
    arguments = [
        f"--config.file={config}",
        f"--storage.tsdb.path={tmp_path / 'data'}",
        f"--web.listen-address={address}",
    ]
    with (tmp_path / "prometheus.log").open("wb") as log:
        process = subprocess.Popen([str(PROMETHEUS), *arguments], stdout=log, stderr=log)
        try:
            house = House(metrics)
            for _ in range(5):
                house.lives(20)
                tell_the_rest(metrics)
                time.sleep(1.2)
            yield f"http://{address}"
        finally:
            process.terminate()
            process.wait(20)
            server.close()


def ask(prometheus: str, query: str) -> list[Any]:
    """The answer of Prometheus to one query, now; an error of the query fails the test."""
    url = f"{prometheus}/api/v1/query?{urllib.parse.urlencode({'query': query})}"
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            found: list[Any] = json.load(answer)["data"]["result"]
            return found
    except urllib.error.HTTPError as error:
        pytest.fail(f"{query}: {error.read().decode()}")
    except urllib.error.URLError:
        return []  # still starting


def dashboard_queries() -> dict[str, str]:
    spec = importlib.util.spec_from_file_location("grafana_build", GRAFANA_BUILD)
    assert spec is not None
    assert spec.loader is not None
    build = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(build)
    return {
        f"{panel['title']} {target['refId']}": target["expr"]
        .replace("$__rate_interval", "1m")
        .replace("$facility", ".*")
        for panel in build.dashboard()["panels"]
        for target in panel["targets"]
    }


def test_every_query_of_the_dashboard_brings_an_answer(prometheus: str) -> None:
    waiting = dashboard_queries()
    deadline = time.monotonic() + ANSWERS_WITHIN_SECONDS
    while waiting and time.monotonic() < deadline:
        waiting = {title: query for title, query in waiting.items() if not ask(prometheus, query)}
        time.sleep(0.3 if waiting else 0)
    assert waiting == {}
