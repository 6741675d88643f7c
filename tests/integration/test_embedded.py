"""The embedded Kafka and Valkey keep what they were given, whatever happens, and let in nobody they should not."""

import stat
from pathlib import Path

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from redis import Redis
from redis.exceptions import AuthenticationError, NoPermissionError

from engine.embedded.errors import EmbeddedError
from engine.embedded.stack import EmbeddedStack


def produce(stack: EmbeddedStack, topic: str, *values: bytes) -> None:
    admin = KafkaAdminClient(bootstrap_servers=stack.kafka.bootstrap_servers)
    if topic not in admin.list_topics():
        admin.create_topics({topic: {"num_partitions": 1, "replication_factor": 1}})
    admin.close()
    producer = KafkaProducer(bootstrap_servers=stack.kafka.bootstrap_servers, acks="all")
    for value in values:
        producer.send(topic, value).get(timeout=10)
    producer.close()


def consume(stack: EmbeddedStack, topic: str, count: int) -> list[bytes]:
    consumer = KafkaConsumer(
        topic, bootstrap_servers=stack.kafka.bootstrap_servers, auto_offset_reset="earliest", consumer_timeout_ms=10_000
    )
    values = [message.value for _, message in zip(range(count), consumer, strict=False)]
    consumer.close()
    return values


def redis(url: str) -> Redis:
    return Redis.from_url(url, decode_responses=True)


def test_both_answer_on_loopback_once_the_block_is_entered(stack: EmbeddedStack) -> None:
    assert stack.kafka.is_running
    assert stack.valkey.is_running
    assert stack.kafka.bootstrap_servers.startswith("127.0.0.1:")
    assert redis(stack.valkey.url).ping()
    produce(stack, "answer", b"yes")
    assert consume(stack, "answer", 1) == [b"yes"]


def test_topics_are_not_created_by_use(stack: EmbeddedStack) -> None:
    consumer = KafkaConsumer("typo", bootstrap_servers=stack.kafka.bootstrap_servers, consumer_timeout_ms=500)
    assert list(consumer) == []
    assert "typo" not in consumer.topics()
    consumer.close()


def test_a_restart_keeps_data_and_addresses(own_stack: EmbeddedStack) -> None:
    before = own_stack.kafka.bootstrap_servers, own_stack.valkey.url, own_stack.valkey.reader_url
    produce(own_stack, "kept", b"1")
    redis(own_stack.valkey.url).set("kept", "1")
    own_stack.close()
    assert own_stack.kafka.pid is None
    own_stack.start()
    assert (own_stack.kafka.bootstrap_servers, own_stack.valkey.url, own_stack.valkey.reader_url) == before
    assert consume(own_stack, "kept", 1) == [b"1"]
    assert redis(own_stack.valkey.url).get("kept") == "1"


def test_acknowledged_writes_survive_kill_9_of_both(own_stack: EmbeddedStack) -> None:
    client = redis(own_stack.valkey.url)
    for number in range(500):
        client.rpush("acknowledged", number)
    own_stack.valkey.kill()
    produce(own_stack, "acknowledged", b"1", b"2")
    own_stack.kafka.kill()
    assert not own_stack.kafka.is_running
    own_stack.start()
    assert client.llen("acknowledged") == 500
    assert consume(own_stack, "acknowledged", 2) == [b"1", b"2"]


def test_a_second_stack_on_the_same_home_is_refused(own_stack: EmbeddedStack) -> None:
    with pytest.raises(EmbeddedError, match="in use by another bedstream"):
        EmbeddedStack(own_stack.kafka.directory.parent).start()
    assert redis(own_stack.valkey.url).ping()


def test_wiped_data_are_gone_and_the_address_stays(own_stack: EmbeddedStack) -> None:
    url = own_stack.valkey.url
    redis(url).set("key", "value")
    with pytest.raises(EmbeddedError, match="stop it first"):
        own_stack.valkey.wipe()
    own_stack.valkey.stop()
    own_stack.valkey.wipe()
    own_stack.valkey.start()
    assert own_stack.valkey.url == url
    assert redis(url).get("key") is None


@pytest.mark.parametrize("url", ["redis://engine:wrong@{at}/0", "redis://reader:@{at}/0", "redis://{at}/0"])
def test_nobody_gets_in_without_the_password(stack: EmbeddedStack, url: str) -> None:
    with pytest.raises(AuthenticationError):
        redis(url.format(at=f"127.0.0.1:{stack.valkey.port}")).ping()


def test_the_reader_reads_and_does_not_write(stack: EmbeddedStack) -> None:
    redis(stack.valkey.url).hset("reader", "bed", "free")
    reader = redis(stack.valkey.reader_url)
    assert reader.hgetall("reader") == {"bed": "free"}
    with reader.pipeline(transaction=True) as snapshot:
        snapshot.hget("reader", "bed")
        snapshot.exists("reader")
        assert snapshot.execute() == ["free", 1]
    for write in (("SET", "a", "b"), ("DEL", "reader"), ("EVAL", "return redis.call('DEL', KEYS[1])", "1", "reader")):
        with pytest.raises(NoPermissionError):
            reader.execute_command(*write)


@pytest.mark.parametrize("command", ["FLUSHALL", "FLUSHDB", "CONFIG GET *", "SHUTDOWN NOSAVE", "KEYS *", "ACL LIST"])
@pytest.mark.parametrize("user", ["engine", "reader"])
def test_nobody_commands_the_server(stack: EmbeddedStack, user: str, command: str) -> None:
    url = stack.valkey.url if user == "engine" else stack.valkey.reader_url
    with pytest.raises(NoPermissionError):
        redis(url).execute_command(*command.split())


def test_the_engine_runs_its_commit_scripts(stack: EmbeddedStack) -> None:
    client = redis(stack.valkey.url)
    script = client.script_load("return redis.call('INCR', KEYS[1])")
    assert client.evalsha(script, 1, "{ward}:script") == 1


def test_files_are_for_their_owner_alone(stack: EmbeddedStack) -> None:
    home: Path = stack.kafka.directory.parent
    open_to_others = [path for path in home.rglob("*") if stat.S_IMODE(path.stat().st_mode) & 0o077]
    assert open_to_others == []


def test_the_passwords_are_in_one_file_only(stack: EmbeddedStack) -> None:
    home = stack.kafka.directory.parent
    secret = stack.valkey.url.split(":")[2].split("@")[0].encode()
    holders = [path.name for path in home.rglob("*") if path.is_file() and secret in path.read_bytes()]
    assert holders == ["passwords.json"]
