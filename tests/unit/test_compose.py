"""The server's docker-compose.yml, read as text: no Docker is needed to see that it is whole."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from engine.settings import PREFIX, Settings

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
RUNNING = [name for name, service in SERVICES.items() if service["restart"] != "no"]


def test_every_part_of_the_system_is_there() -> None:
    assert set(SERVICES) == {"kafka", "valkey", "topics", "worker", "prometheus", "grafana"}


@pytest.mark.parametrize("name", RUNNING)
def test_a_service_that_runs_says_whether_it_is_healthy(name: str) -> None:
    assert {"test", "interval", "timeout", "retries"} <= set(SERVICES[name]["healthcheck"])


@pytest.mark.parametrize("name", SERVICES)
def test_no_service_may_gain_rights(name: str) -> None:
    assert SERVICES[name]["cap_drop"] == ["ALL"]
    assert SERVICES[name]["security_opt"] == ["no-new-privileges:true"]


@pytest.mark.parametrize("name", ["valkey", "topics", "worker", "prometheus"])
def test_a_service_that_writes_only_to_its_volumes_is_read_only(name: str) -> None:
    assert SERVICES[name]["read_only"]


@pytest.mark.parametrize("name", ["kafka", "valkey", "prometheus", "grafana"])
def test_data_lies_in_a_named_volume(name: str) -> None:
    named = {mount.split(":")[0] for mount in SERVICES[name]["volumes"]}
    assert named & set(COMPOSE["volumes"])


def test_there_is_no_default_password() -> None:
    for variable, rest in re.findall(r"\$\{(\w*PASSWORD\w*)([^}]*)\}", TEXT):
        assert rest.startswith(":?"), f"{variable} has a default"
    for name, service in SERVICES.items():
        for key, value in service.get("environment", {}).items():
            if "PASSWORD" in key or "URL" in key:
                assert ":?" in value, f"{name} {key}"


def test_the_example_environment_names_every_variable_and_no_password() -> None:
    given = dict(re.findall(r"^(\w+)=(.*)$", (ROOT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"\$\{(\w+)", TEXT)) == set(given)
    assert [name for name, value in given.items() if "PASSWORD" in name and value] == []


def test_images_are_pinned() -> None:
    for service in SERVICES.values():
        image = service["image"]
        assert re.search(r":v?\d+\.\d+\.\d+$", image) or image == "bedstream:local"
    bases = re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    assert bases
    assert all(re.search(r":\d+\.\d+\.\d+-", base) for base in bases)


def test_every_file_that_is_mounted_exists() -> None:
    mounts = [mount for service in SERVICES.values() for mount in service.get("volumes", [])]
    ours = [mount.split(":")[0] for mount in mounts if mount.startswith("./")]
    assert ours
    # ./maps is where an operator puts maps; Docker makes it when it is not there.
    assert [path for path in ours if path != "./maps" and not (ROOT / path).exists()] == []


def test_only_this_machine_reaches_the_ports() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_the_worker_is_given_settings_that_exist() -> None:
    given = {name for name in SERVICES["worker"]["environment"] if name.startswith(PREFIX)}
    assert given <= {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}


def test_the_image_runs_as_nobody_special_and_checks_hashes() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert re.findall(r"^USER (\S+)", dockerfile, re.MULTILINE) == ["bedstream"]
    installs = re.findall(r"pip install (.*)", dockerfile)
    assert installs
    assert all("--require-hashes" in one or "--no-deps --no-index" in one for one in installs)


def test_valkey_loses_and_evicts_nothing() -> None:
    conf = (ROOT / "deploy" / "valkey" / "valkey.conf").read_text(encoding="utf-8").splitlines()
    assert {"appendonly yes", "appendfsync always", "maxmemory-policy noeviction"} <= set(conf)
    assert "user default off resetpass" in (ROOT / "deploy" / "valkey" / "users.acl.template").read_text(
        encoding="utf-8"
    )


def test_prometheus_asks_every_worker() -> None:
    config = yaml.safe_load((ROOT / "deploy" / "prometheus" / "prometheus.yml").read_text(encoding="utf-8"))
    (found,) = config["scrape_configs"][0]["dns_sd_configs"]
    assert (found["names"], found["port"]) == (["worker"], 9108)
