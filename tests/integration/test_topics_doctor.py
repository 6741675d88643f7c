"""`bedstream topics` and `bedstream doctor` against a real Kafka and a real Valkey."""

import pytest
import typer
from typer.testing import CliRunner, Result

from engine.adapters.doctor import Finding, Health, examine
from engine.adapters.kafka_admin import KafkaUnusable, kafka_admin
from engine.adapters.topics import ensure_topics, inspect_topics
from engine.commands import doctor, topics
from engine.core.errors import BadInput
from engine.core.topics import ADT_EVENTS, BED_SNAPSHOTS
from engine.embedded.stack import EmbeddedStack
from engine.settings import Settings, load_settings

PARTITIONS = 4


@pytest.fixture(scope="module")
def settings(stack: EmbeddedStack) -> Settings:
    """The stack is shared: the count that other tests chose, if they came first."""
    given = {"kafka_bootstrap": stack.kafka.bootstrap_servers, "redis_url": stack.valkey.url}
    live = inspect_topics(load_settings(**given))[0].partitions
    return load_settings(**given, partitions=live or PARTITIONS)


@pytest.fixture
def remove(settings: Settings):
    """Take a topic away for one test, and put it back."""

    def taken_away(name: str) -> None:
        with kafka_admin(settings) as client:
            client.delete_topics([name])

    yield taken_away
    ensure_topics(settings)


def run(settings: Settings, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> Result:
    monkeypatch.setenv("BEDSTREAM_KAFKA_BOOTSTRAP", settings.kafka_bootstrap)
    monkeypatch.setenv("BEDSTREAM_REDIS_URL", settings.redis_url.get_secret_value())
    monkeypatch.setenv("BEDSTREAM_PARTITIONS", str(settings.partitions))
    monkeypatch.setenv("COLUMNS", "200")
    app = typer.Typer()
    topics.register(app)
    doctor.register(app)
    return CliRunner().invoke(app, arguments)


def wrong(settings: Settings) -> list[Finding]:
    return [finding for finding in examine(settings) if finding.health is Health.WRONG]


def test_creating_topics_twice_changes_nothing_the_second_time(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    ensure_topics(settings)
    assert ensure_topics(settings) == []
    assert all(status.problem is None for status in inspect_topics(settings))
    shown = run(settings, monkeypatch, "topics", "--create")
    assert shown.exit_code == 0
    assert "Nothing to do" in shown.output


def test_a_live_partition_count_is_never_changed(settings: Settings) -> None:
    ensure_topics(settings)
    more = settings.model_copy(update={"partitions": settings.partitions + 1})
    with pytest.raises(
        BadInput, match=f"has {settings.partitions} partitions and .* a live count cannot change"
    ) as told:
        ensure_topics(more)
    assert "\n" not in str(told.value)


def test_a_topic_whose_settings_drifted_is_named_and_mended(settings: Settings) -> None:
    ensure_topics(settings)
    drifted = settings.model_copy(update={"replication_factor": 3})  # asks for min.insync.replicas 2
    snapshots = inspect_topics(drifted)[-1]
    assert snapshots.spec.name == BED_SNAPSHOTS
    assert "min.insync.replicas is 1 and must be 2" in (snapshots.problem or "")
    with kafka_admin(settings) as client:
        from kafka.admin import ConfigResource, ConfigResourceType

        client.alter_configs([ConfigResource(ConfigResourceType.TOPIC, BED_SNAPSHOTS, {"cleanup.policy": "delete"})])
    assert ensure_topics(settings) == [BED_SNAPSHOTS]
    assert inspect_topics(settings)[-1].problem is None


def test_a_missing_topic_is_one_sentence_and_exit_code_1(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, remove
) -> None:
    ensure_topics(settings)
    remove(BED_SNAPSHOTS)
    assert [(one.said, one.mend) for one in wrong(settings)] == [
        ("topic bed.snapshots is missing", "`bedstream topics --create` makes it")
    ]
    assert run(settings, monkeypatch, "doctor").exit_code == 1
    assert run(settings, monkeypatch, "topics").exit_code == 1


def test_a_healthy_stack_has_nothing_wrong(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    ensure_topics(settings)
    assert wrong(settings) == []
    shown = run(settings, monkeypatch, "doctor")
    assert shown.exit_code == 0
    assert "unseen" in shown.output  # the engine's user may not ask for INFO, and the doctor says so


def test_a_wrong_redis_password_is_one_sentence_without_the_password(settings: Settings) -> None:
    url = settings.redis_url.get_secret_value().replace("engine:", "engine:guessed-")
    (found,) = [one for one in wrong(load_settings(**kafka(settings), redis_url=url)) if one.what == "Redis"]
    assert found.said == "Redis refuses the user or the password"
    assert found.mend == "check both in BEDSTREAM_REDIS_URL"


def test_a_redis_that_is_away_does_not_hide_the_rest(settings: Settings) -> None:
    found = examine(load_settings(**kafka(settings), redis_url="redis://127.0.0.1:1/0"))
    assert any("Redis does not answer" in one.said for one in found)
    assert any(one.what == "topics" and one.health is Health.RIGHT for one in found)


def test_a_kafka_that_is_away_is_one_sentence(settings: Settings) -> None:
    away = settings.model_copy(update={"kafka_bootstrap": "127.0.0.1:1"})
    with pytest.raises(KafkaUnusable, match=r"Kafka does not answer at 127\.0\.0\.1:1: start it") as told:
        inspect_topics(away)
    assert "\n" not in str(told.value)


def test_something_else_than_kafka_at_the_address_is_told_apart(settings: Settings, stack: EmbeddedStack) -> None:
    other = settings.model_copy(update={"kafka_bootstrap": f"127.0.0.1:{stack.valkey.port}"})
    with pytest.raises(KafkaUnusable, match="something listens"):
        inspect_topics(other)


def test_a_misspelt_variable_is_named_with_the_one_that_was_meant(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    ensure_topics(settings)
    monkeypatch.setenv("BEDSTREAM_PARTIONS", "3")
    assert [(one.said, one.mend) for one in wrong(settings)] == [
        ("BEDSTREAM_PARTIONS is not a setting", "did you mean BEDSTREAM_PARTITIONS?")
    ]


def test_events_of_any_year_are_taken(settings: Settings) -> None:
    ensure_topics(settings)
    must = inspect_topics(settings)[0].spec.must
    assert inspect_topics(settings)[0].spec.name == ADT_EVENTS
    assert must["message.timestamp.after.max.ms"] == must["message.timestamp.before.max.ms"] == str(2**63 - 1)


def kafka(settings: Settings) -> dict[str, object]:
    return {"kafka_bootstrap": settings.kafka_bootstrap, "partitions": settings.partitions}
