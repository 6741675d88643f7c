"""Rejected events: seen without their content, and sent back once the cause is mended."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from itertools import count

import pytest
import typer
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from typer.testing import CliRunner

from engine.adapters.kafka_admin import kafka_admin
from engine.adapters.rejected import Rejected, read_rejected, replay
from engine.adapters.topics import ensure_topics, inspect_topics
from engine.commands import rejected as command
from engine.core.codec import encode_event
from engine.core.errors import BadInput
from engine.core.events import TimePassed
from engine.core.topics import ADT_EVENTS, ADT_REJECTED, partition_of
from engine.embedded.stack import EmbeddedStack
from engine.settings import Settings, load_settings

LONG_AGO_MS = 1_451_606_400_000  # 2016-01-01
numbers = count(1)


@pytest.fixture
def settings(stack: EmbeddedStack) -> Settings:
    given = {"kafka_bootstrap": stack.kafka.bootstrap_servers, "redis_url": stack.valkey.url}
    live = inspect_topics(load_settings(**given))[0].partitions
    settings = load_settings(**given, partitions=live or 4)
    ensure_topics(settings)
    return settings


@pytest.fixture
def producer(settings: Settings) -> Iterator[KafkaProducer]:
    with closing(KafkaProducer(**settings.kafka_kwargs())) as sender:
        yield sender


def a_rejected_event(producer: KafkaProducer, settings: Settings, raw: bytes | None, key: bytes | None) -> str:
    """As the lane does it: the raw record, and why. Gives the reason, which no other test has."""
    reason = f"test reason {next(numbers)} of {id(producer)}"
    sent = producer.send(ADT_EVENTS, raw, key, partition=1, timestamp_ms=LONG_AGO_MS).get(10)
    headers = [("reason", reason), ("topic", ADT_EVENTS), ("partition", "1"), ("offset", str(sent.offset))]
    producer.send(ADT_REJECTED, raw, key, headers=[(name, value.encode()) for name, value in headers]).get(10)
    return reason


def found(settings: Settings, reason: str) -> Rejected:
    (one,) = [one for one in read_rejected(settings) if one.reason == reason]
    return one


def last_event(settings: Settings, partition: int):
    place = TopicPartition(ADT_EVENTS, partition)
    with closing(KafkaConsumer(group_id=None, **settings.kafka_kwargs())) as consumer:
        consumer.assign([place])
        consumer.seek(place, consumer.end_offsets([place])[place] - 1)
        return consumer.poll(timeout_ms=10_000)[place][0]


def event_of(facility: str) -> bytes:
    return encode_event(
        TimePassed(event_id=f"e{next(numbers)}", facility=facility, at=datetime(2016, 1, 1, tzinfo=UTC), source="test")
    )


def run(settings: Settings, monkeypatch: pytest.MonkeyPatch, *arguments: str):
    monkeypatch.setenv("BEDSTREAM_KAFKA_BOOTSTRAP", settings.kafka_bootstrap)
    monkeypatch.setenv("COLUMNS", "200")
    app = typer.Typer()
    command.register(app)
    app.callback()(lambda: None)
    return CliRunner().invoke(app, ["rejected", *arguments])


def test_the_list_says_why_and_where_and_never_what(
    settings: Settings, producer: KafkaProducer, monkeypatch: pytest.MonkeyPatch
) -> None:
    reason = a_rejected_event(producer, settings, b'{"visit": "V-17"', b"general")
    shown = run(settings, monkeypatch, "list", "--reason", reason)
    assert shown.exit_code == 0
    assert reason in shown.output
    assert f"{ADT_EVENTS} 1:" in shown.output
    assert "V-17" not in shown.output
    raw = run(settings, monkeypatch, "list", "--raw", str(found(settings, reason).offset))
    assert raw.stdout_bytes == b'{"visit": "V-17"'


def test_a_replayed_event_comes_back_at_its_first_time_in_its_facilitys_partition(
    settings: Settings, producer: KafkaProducer, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw, facility = event_of("harbour"), "harbour"
    reason = a_rejected_event(producer, settings, raw, b"wrong-key")
    assert "Replayed 1 event." in run(settings, monkeypatch, "replay", "--reason", reason).output
    record = last_event(settings, partition_of(facility, settings.partitions))
    assert (record.value, record.key, record.timestamp) == (raw, b"harbour", LONG_AGO_MS)


def test_what_was_replayed_is_remembered(
    settings: Settings, producer: KafkaProducer, monkeypatch: pytest.MonkeyPatch
) -> None:
    reason = a_rejected_event(producer, settings, event_of("general"), b"general")
    replay(settings, [found(settings, reason)])
    assert found(settings, reason).replayed
    assert "Nothing to replay" in run(settings, monkeypatch, "replay", "--reason", reason).output
    assert "Replayed 1" in run(settings, monkeypatch, "replay", "--reason", reason, "--again").output


def test_an_unreadable_event_goes_back_under_its_old_key(settings: Settings, producer: KafkaProducer) -> None:
    reason = a_rejected_event(producer, settings, b"not json", b"general")
    replay(settings, [found(settings, reason)])
    record = last_event(settings, partition_of("general", settings.partitions))
    assert (record.value, record.key) == (b"not json", b"general")


def test_an_event_without_value_or_key_can_be_listed_and_replayed(settings: Settings, producer: KafkaProducer) -> None:
    reason = a_rejected_event(producer, settings, b"", None)
    replay(settings, [found(settings, reason)])
    record = last_event(settings, 1)
    assert (record.value, record.key) == (b"", None)


def test_an_event_of_2_mb_comes_back_whole(settings: Settings) -> None:
    raw = b"x" * 2_000_000
    with closing(KafkaProducer(max_request_size=4_000_000, **settings.kafka_kwargs())) as producer:
        reason = a_rejected_event(producer, settings, raw, b"general")
    assert found(settings, reason).raw == raw
    assert replay(settings, [found(settings, reason)]) == 1


def test_an_offset_that_is_not_there_is_named(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = run(settings, monkeypatch, "replay", "--offset", "999999")
    assert isinstance(shown.exception, BadInput)
    assert "offset 999999 is not on adt.rejected" in str(shown.exception)


def test_a_missing_topic_is_one_sentence(settings: Settings) -> None:
    with kafka_admin(settings) as client:
        client.delete_topics([ADT_REJECTED])
    try:
        with pytest.raises(BadInput, match=r"topic adt\.rejected is missing: `bedstream topics --create` makes it"):
            read_rejected(settings)
    finally:
        ensure_topics(settings)
