"""What a person gets wrong on the command line comes back as one sentence, and nothing else happens."""

from pathlib import Path

import pytest

from engine.adapters.topics import ensure_topics
from engine.embedded.stack import EmbeddedStack
from engine.settings import load_settings
from tests.command_line import bedstream

TWICE = """
id = "h"
[[ward]]
id = "W"
service = "medicine"
rooms = [ { id = "1", beds = ["A"] }, { id = "2", beds = ["A"] } ]
"""
NOBODY_LISTENS = "127.0.0.1:1"


def told(*arguments: object, **settings: str) -> str:
    """The one sentence on standard error."""
    run = bedstream(*arguments, given={f"BEDSTREAM_{name.upper()}": value for name, value in settings.items()})
    assert run.returncode == 2, run.stderr
    assert "Traceback" not in run.stdout + run.stderr
    (sentence,) = run.stderr.strip().splitlines()
    return sentence


@pytest.fixture
def twice(tmp_path: Path) -> Path:
    file = tmp_path / "twice.toml"
    file.write_text(TWICE)
    return file


@pytest.mark.parametrize("command", [("layout", "check"), ("demo", "--map"), ("up", "--map")])
def test_a_map_with_a_bed_id_twice(command: tuple[str, ...], twice: Path) -> None:
    sentence = told(*command, twice)
    assert str(twice) in sentence
    assert "'A'" in sentence or " A " in sentence


@pytest.mark.parametrize("command", [("layout", "check"), ("demo", "--map")])
def test_a_map_that_is_not_there(command: tuple[str, ...], tmp_path: Path) -> None:
    assert "there is no such map file" in told(*command, tmp_path / "nowhere.toml")


def test_a_worker_whose_map_is_not_there_is_not_started_again_and_again(tmp_path: Path) -> None:
    assert "there is no such map file" in told("worker", maps=str(tmp_path / "nowhere.toml"))


@pytest.mark.parametrize("command", [("simulate", "--days", 1), ("topics",), ("rejected", "list")])
def test_a_kafka_that_does_not_answer(command: tuple[object, ...]) -> None:
    assert told(*command, kafka_bootstrap=NOBODY_LISTENS).startswith(f"Kafka does not answer at {NOBODY_LISTENS}")


def test_a_kafka_address_that_is_none() -> None:
    assert told("topics", kafka_bootstrap="kafka") == (
        "BEDSTREAM_KAFKA_BOOTSTRAP: must be host:port, several separated by commas"
    )


def test_a_wrong_redis_password_is_not_repeated(stack: EmbeddedStack) -> None:
    ensure_topics(load_settings(kafka_bootstrap=stack.kafka.bootstrap_servers, partitions=4))
    url = stack.valkey.url.replace("engine:", "engine:guessed-")
    sentence = told("worker", kafka_bootstrap=stack.kafka.bootstrap_servers, redis_url=url)
    assert sentence == "Redis refuses the user or the password: check both in BEDSTREAM_REDIS_URL"


def test_a_missing_topic(own_stack: EmbeddedStack) -> None:
    where = {"kafka_bootstrap": own_stack.kafka.bootstrap_servers, "redis_url": own_stack.valkey.url}
    wanted = "topic adt.events is missing: `bedstream topics --create` makes it"
    assert told("simulate", "--days", 1, **where) == wanted
    assert told("worker", **where) == wanted


@pytest.mark.parametrize("content", [b"not an event\n", b'{"timestamp_ms": 1}\n', b"\xff\xfe\n"])
def test_a_file_of_events_that_is_none(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    file.write_bytes(content)
    sentence = told("replay", "--from", file, "--file", tmp_path / "out.jsonl")
    assert sentence.startswith(f"line 1 of {file} is not an event")
    assert not (tmp_path / "out.jsonl").exists()


def test_an_export_that_is_not_there(tmp_path: Path) -> None:
    assert "cannot be read" in told("replay", tmp_path / "nowhere.csv.gz", "--file", tmp_path / "out.jsonl")


def test_an_export_without_the_column_for_the_stay(tmp_path: Path) -> None:
    export = tmp_path / "export.csv"
    export.write_text("Facility Id,Age Group\n1,70 or Older\n")
    assert "Length of Stay" in told("replay", export, "--file", tmp_path / "out.jsonl")
