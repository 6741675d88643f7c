"""Real workers on a real Kafka and a real Valkey, houses that live, and the proof that nothing was lost or doubled."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Event as Flag
from threading import Thread

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from redis.asyncio import Redis

from engine.adapters.fold import fold
from engine.adapters.redis_census import RedisStore
from engine.adapters.topics import ensure_topics, events_topic
from engine.adapters.wire import Delivery
from engine.bootstrap import known_openings
from engine.core.events import Event, MapChanged
from engine.core.facility import Facility
from engine.core.topics import ADT_EVENTS, BED_ASSIGNMENTS
from engine.embedded.stack import EmbeddedStack
from engine.settings import Settings
from producers.publisher import KafkaPublisher
from tests.lane.kit import BEGAN, MODELS, WARDS, days, prove

PARTITIONS = 8


class Rig:
    """One stack with its topics. Every case opens houses of its own; the proof is always over everything."""

    def __init__(self, stack: EmbeddedStack, home: Path) -> None:
        self.stack, self.home = stack, home
        self.settings = Settings(
            kafka_bootstrap=stack.kafka.bootstrap_servers,
            redis_url=stack.valkey.url,
            partitions=PARTITIONS,
            maps="builtin:20",
            planner=False,
            tick_seconds=0,
            session_timeout_seconds=6,
            heartbeat_seconds=2,
            metrics_port=0,
            state_dir=home / "worker",
        )
        ensure_topics(self.settings)
        self._number = 0
        self._enough = Flag()
        self._feed = self._start_feed([], 0)

    # -- what happens ------------------------------------------------------------------------------------------------

    def life(self, count: int) -> list[Event]:
        """Houses nobody has heard of open by their maps, and live; about 8 % of all events are sent twice."""
        self._number += 1
        houses = [Facility(id=f"H{self._number}-{n}", wards=WARDS) for n in range(6)]
        said = {"at": BEGAN, "source": "test"}
        opened = [
            MapChanged(event_id=f"{one.id}-open", facility=one.id, map=one, sha256=one.sha256, **said) for one in houses
        ]
        return [*opened, *days(self._number, count, houses)]

    def publish(self, events: list[Event], per_second: float = 0) -> None:
        """Everything (or until it is enough), kept by the broker when this returns; `per_second` 0: at once."""
        with closing(KafkaPublisher(self.settings.kafka_bootstrap, timeout_seconds=60)) as sink:
            for event in events:
                if self._enough.is_set():
                    break
                sink.send(event, timestamp_ms=round(event.at.timestamp() * 1000))
                if per_second:
                    time.sleep(1 / per_second)

    @contextmanager
    def publishing(self, per_second: float = 250) -> Iterator[None]:
        """In the background, from here to the first wait for all of it, or to the end of the block."""
        self._feed = self._start_feed(self.life(20_000), per_second)
        try:
            yield
        finally:
            self._end_feed()

    def _end_feed(self) -> None:
        self._enough.set()
        self._feed.join()
        self._enough.clear()

    def _start_feed(self, events: list[Event], per_second: float) -> Thread:
        feed = Thread(target=self.publish, args=(events, per_second))
        feed.start()
        return feed

    def publish_raw(self, raw: bytes | None, key: bytes | None, partition: int) -> None:
        producer = KafkaProducer(
            bootstrap_servers=self.settings.kafka_bootstrap, acks="all", max_request_size=4_000_000
        )
        producer.send(ADT_EVENTS, value=raw, key=key, partition=partition).get(10)
        producer.close()

    # -- how far it is -----------------------------------------------------------------------------------------------

    @contextmanager
    def consumer(self) -> Iterator[KafkaConsumer]:
        with closing(
            KafkaConsumer(
                bootstrap_servers=self.settings.kafka_bootstrap,
                group_id=self.settings.group_id,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
            )
        ) as consumer:
            yield consumer

    def decided(self) -> int:
        """How many records the ledger has."""
        with self.consumer() as consumer:
            return sum(consumer.end_offsets(_all_of(BED_ASSIGNMENTS)).values())

    def until_decided(self, more_than: int, within_seconds: float = 60) -> float:
        """Seconds until the ledger has more records than this."""
        began = time.monotonic()
        with self.consumer() as consumer:
            while sum(consumer.end_offsets(_all_of(BED_ASSIGNMENTS)).values()) <= more_than:
                assert time.monotonic() - began < within_seconds, "nothing more is decided"
                time.sleep(0.02)
        return time.monotonic() - began

    def until_acknowledged(self, within_seconds: float = 90) -> float:
        """Ends the publishing; seconds until the group has acknowledged everything that was published."""
        self._end_feed()
        began = time.monotonic()
        with self.consumer() as consumer:
            ends = consumer.end_offsets(_all_of(ADT_EVENTS))
            while behind := {one for one, end in ends.items() if (consumer.committed(one) or 0) < end}:
                assert time.monotonic() - began < within_seconds, f"not acknowledged in {sorted(behind)}"
                time.sleep(0.05)
        return time.monotonic() - began

    # -- the proof ---------------------------------------------------------------------------------------------------

    def prove(self) -> int:
        """Ledger = Redis = one sequential fold of the whole topic, byte for byte; gives how many events that were."""
        topic_id, partitions = events_topic(self.settings)
        deliveries = [
            Delivery(ADT_EVENTS, one.partition, one.offset, one.timestamp, one.key, one.value, lambda: None)
            for one in self.read(ADT_EVENTS)
        ]
        expected = fold(deliveries, topic_id, partitions, known_openings(self.settings), MODELS)
        entries: dict[str, list[bytes]] = {}
        for one in self.read(BED_ASSIGNMENTS):
            entries.setdefault(one.key.decode(), []).append(one.value)

        async def compare() -> None:
            redis = Redis.from_url(**self.settings.redis_kwargs())
            await prove(RedisStore(redis), entries, expected)
            await redis.aclose()

        asyncio.run(compare())
        return len(deliveries)

    def read(self, topic: str) -> list:
        """All records of a topic, each partition in order."""
        found = []
        with self.consumer() as consumer:
            everything = _all_of(topic)
            consumer.assign(everything)
            consumer.seek_to_beginning(*everything)
            ends = consumer.end_offsets(everything)
            while any(consumer.position(one) < end for one, end in ends.items()):
                found += [one for batch in consumer.poll(timeout_ms=200).values() for one in batch]
        return found

    # -- workers -----------------------------------------------------------------------------------------------------

    @contextmanager
    def worker(self, *options: str, **settings: object) -> Iterator[Worker]:
        """`bedstream worker` until the end of the block, then drained."""
        log = self.home / f"worker-{time.monotonic_ns()}.log"
        worker = Worker(Settings(**{**self._given(), **settings}), options, log)
        try:
            yield worker
        finally:
            worker.end()

    def _given(self) -> dict[str, object]:
        return {name: getattr(self.settings, name) for name in self.settings.model_fields_set}


def _all_of(topic: str) -> list[TopicPartition]:
    return [TopicPartition(topic, number) for number in range(PARTITIONS)]


class Worker:
    """The supervisor's process (or, with --alone, the worker's), and its log."""

    def __init__(self, settings: Settings, options: tuple[str, ...], log: Path) -> None:
        self._log = log
        with log.open("wb") as sink:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "engine.cli", "worker", *options],
                env={**os.environ, **settings.environment()},
                stdout=sink,
                stderr=sink,
            )

    @property
    def log(self) -> str:
        return self._log.read_text()

    def children(self) -> list[int]:
        """The workers below the supervisor, as the kernel knows them."""
        pid = self.process.pid
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def kill_child(self) -> None:
        os.kill(self.children()[0], signal.SIGKILL)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def end(self) -> float:
        """SIGTERM; seconds until it has ended."""
        began = time.monotonic()
        self.process.terminate()
        self.process.wait(30)
        return time.monotonic() - began

    def until_said(self, words: str, times: int = 1, within_seconds: float = 30) -> None:
        until = time.monotonic() + within_seconds
        while self.log.count(words) < times:
            assert time.monotonic() < until, f"it never said {words!r}: {self.log[-2000:]}"
            assert self.process.poll() is None or self.log.count(words) >= times, self.log[-2000:]
            time.sleep(0.05)
