"""The dashboard is what its script makes, and asks for nothing that is not exposed."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest
import yaml

from engine.adapters.metric_catalogue import CATALOGUE

GRAFANA = Path(__file__).parents[3] / "deploy" / "grafana"


@pytest.fixture(scope="module")
def build() -> ModuleType:
    spec = importlib.util.spec_from_file_location("grafana_build", GRAFANA / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_committed_dashboard_is_the_one_the_script_makes(build: ModuleType) -> None:
    assert build.DASHBOARD.read_text(encoding="utf-8") == build.as_text()


def test_every_query_asks_for_metrics_that_exist(build: ModuleType) -> None:
    known = {series: spec for spec in CATALOGUE for series in spec.series}
    for panel in build.dashboard()["panels"]:
        for target in panel["targets"]:
            asked = set(re.findall(r"bedstream_\w+", target["expr"]))
            assert asked, panel["title"]
            assert asked <= known.keys(), panel["title"]


def test_every_grouping_is_by_labels_the_metric_has(build: ModuleType) -> None:
    labels = {label for spec in CATALOGUE for label in spec.labels} | {"le"}
    for panel in build.dashboard()["panels"]:
        for target in panel["targets"]:
            for grouped in re.findall(r"by \(([^)]*)\)", target["expr"]):
                assert {label.strip() for label in grouped.split(",")} <= labels, panel["title"]
            assert set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])) <= labels, panel["title"]


def test_every_metric_is_looked_at_somewhere(build: ModuleType) -> None:
    text = build.as_text()
    assert [spec.name for spec in CATALOGUE if not any(series in text for series in spec.series)] == []


def test_panels_do_not_lie_on_one_another(build: ModuleType) -> None:
    corners = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in build.dashboard()["panels"]]
    assert len(set(corners)) == len(corners)


def test_the_dashboard_uses_the_provisioned_data_source(build: ModuleType) -> None:
    provisioned = yaml.safe_load(
        (GRAFANA / "provisioning" / "datasources" / "prometheus.yaml").read_text(encoding="utf-8")
    )
    assert build.DATASOURCE["uid"] == provisioned["datasources"][0]["uid"]
