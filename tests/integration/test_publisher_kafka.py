"""The sink's conformance on a real Kafka, and the ledger read back from one."""

import time
import uuid
from datetime import UTC, datetime

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic

from engine.core.codec import decode_event, encode_record
from engine.core.ledger import Outcome, Position, Record
from engine.core.topics import partition_of
from producers.event_file import TimedEvent
from producers.ledger_reader import KafkaLedgerReader, LedgerSilent
from producers.publisher import KafkaPublisher, PublishError
from tests.sinks import SinkConformance, hours_passed

PARTITIONS = 5


@pytest.fixture
def bootstrap(stack):
    return stack.kafka.bootstrap_servers


@pytest.fixture
def topic(bootstrap):
    name = f"sink-{uuid.uuid4().hex[:8]}"
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    admin.create_topics([NewTopic(name, PARTITIONS, 1)])
    admin.close()
    return name


def messages(bootstrap, topic):
    """Everything in the topic, partition by partition."""
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest", consumer_timeout_ms=3000)
    parts = [TopicPartition(topic, number) for number in range(PARTITIONS)]
    consumer.assign(parts)
    ends = consumer.end_offsets(parts)
    found = []
    while any(consumer.position(part) < ends[part] for part in parts):
        found += [one for batch in consumer.poll(timeout_ms=200).values() for one in batch]
    consumer.close()
    return sorted(found, key=lambda one: (one.partition, one.offset))


class TestKafka(SinkConformance):
    @pytest.fixture
    def sink(self, bootstrap, topic):
        return KafkaPublisher(bootstrap, topic=topic)

    @pytest.fixture
    def kept(self, bootstrap, topic):
        return lambda: [TimedEvent(decode_event(one.value), one.timestamp) for one in messages(bootstrap, topic)]


def test_a_facility_has_one_partition_and_is_the_key(bootstrap, topic):
    sink = KafkaPublisher(bootstrap, topic=topic)
    for house in ("A", "B", "C", "66"):
        for one in hours_passed(house, 3):
            sink.send(one.event, timestamp_ms=one.timestamp_ms)
    sink.close()
    for one in messages(bootstrap, topic):
        assert one.partition == partition_of(one.key.decode(), PARTITIONS)


def test_a_missing_topic_is_one_sentence(bootstrap):
    with pytest.raises(PublishError, match=r"topic 'nowhere' is missing .*bedstream topics") as refused:
        KafkaPublisher(bootstrap, topic="nowhere", timeout_seconds=3)
    assert "\n" not in str(refused.value)


def test_a_broker_that_is_not_there_is_one_sentence():
    with pytest.raises(PublishError, match=r"Kafka at 127\.0\.0\.1:9 cannot be used") as refused:
        KafkaPublisher("127.0.0.1:9", timeout_seconds=1)
    assert "\n" not in str(refused.value)


def record(event_id, version, facility="A"):
    at = datetime(2026, 3, 1, tzinfo=UTC)
    return Record(
        version=version,
        facility=facility,
        event_id=event_id,
        event_type="TimePassed",
        source="test",
        at=at,
        position=Position("t", 0, version),
        lane_time=at,
        model="",
        map_sha256="",
        policy_sha256="",
        outcome=Outcome.NO_CHANGE,
        decisions=(),
    )


def write(bootstrap, topic, records):
    producer = KafkaProducer(bootstrap_servers=bootstrap)
    for one in records:
        producer.send(topic, encode_record(one), partition=partition_of(one.facility, PARTITIONS))
    producer.flush()
    producer.close()


def test_the_ledger_is_read_from_its_end_and_waited_for(bootstrap, topic):
    write(bootstrap, topic, [record("old", 1)])
    reader = KafkaLedgerReader(bootstrap, ["A"], topic=topic, deadline_seconds=20)
    write(bootstrap, topic, [record("b", 3), record("a", 2), record("x", 1, "B")])
    assert [one.event_id for one in reader.records(["b", "a"])] == ["a", "b"]
    reader.close()


def test_a_resumed_run_reads_the_ledger_from_its_beginning_and_keeps_the_first_word(bootstrap, topic):
    write(bootstrap, topic, [record("a", 1), record("a", 2)])
    reader = KafkaLedgerReader(bootstrap, ["A"], topic=topic, from_beginning=True, deadline_seconds=20)
    assert [one.version for one in reader.records(["a"])] == [1]
    reader.close()


def test_a_ledger_that_says_nothing_is_one_sentence_by_the_deadline(bootstrap, topic):
    reader = KafkaLedgerReader(bootstrap, ["A"], topic=topic, deadline_seconds=0.5)
    began = time.monotonic()
    with pytest.raises(LedgerSilent, match="is a worker running"):
        reader.records(["never"])
    assert time.monotonic() - began < 5
    reader.close()


def test_a_broker_that_goes_away_is_said_once_and_closing_is_quick(own_stack):
    bootstrap = own_stack.kafka.bootstrap_servers
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    admin.create_topics([NewTopic("sink", PARTITIONS, 1)])
    admin.close()
    sink = KafkaPublisher(bootstrap, topic="sink", timeout_seconds=2)
    own_stack.kafka.stop()
    sink.send(hours_passed("A", 1)[0].event, timestamp_ms=0)
    with pytest.raises(PublishError, match="did not confirm") as said:
        sink.flush()
    assert "\n" not in str(said.value)
    began = time.monotonic()
    sink.close()
    assert time.monotonic() - began < 1
