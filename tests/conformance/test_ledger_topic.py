"""What every ledger must do: the one in memory, and Kafka (a real broker)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from uuid import uuid4

import pytest

from engine.adapters.kafka_ledger import KafkaLedger
from engine.adapters.ledger_topic import LedgerAway, LedgerTopic, MemoryLedger, Rejection
from engine.adapters.rejected import read_rejected
from engine.adapters.topics import ensure_topics
from engine.core.topics import partition_of
from engine.settings import Settings

Story = Callable[[LedgerTopic, str], Awaitable[None]]
NOW_MS = 1_767_600_000_000
PARTITIONS = 4


@pytest.fixture(scope="session")
def kafka_settings(stack) -> Settings:
    settings = Settings(kafka_bootstrap=stack.kafka.bootstrap_servers, partitions=PARTITIONS)
    ensure_topics(settings)
    return settings


@pytest.fixture(params=["memory", "kafka"])
def run(request) -> Callable[[Story], None]:
    """Runs a story on a ledger, with the name of a house that nobody else has."""
    opened = memory if request.param == "memory" else lambda: kafka(request.getfixturevalue("kafka_settings"))

    async def told(story: Story) -> None:
        async with opened() as ledger:
            await story(ledger, f"house-{uuid4()}")

    return lambda story: asyncio.run(told(story))


@asynccontextmanager
async def memory() -> AsyncIterator[LedgerTopic]:
    yield MemoryLedger()


@asynccontextmanager
async def kafka(settings: Settings) -> AsyncIterator[KafkaLedger]:
    ledger = KafkaLedger(settings.kafka_kwargs())
    await ledger.start()
    yield ledger
    await ledger.stop()


async def read(ledger: LedgerTopic, house: str, after: int = -1) -> list[bytes]:
    return [entry.raw async for entry in ledger.read(house, after)]


def test_a_house_that_never_decided_has_no_ledger(run):
    async def story(ledger, house):
        assert await read(ledger, house) == []

    run(story)


def test_records_are_read_in_the_order_in_which_they_were_appended(run):
    async def story(ledger, house):
        sent = [await ledger.append(house, [b"%d" % n, b"%d!" % n], NOW_MS) for n in range(200)]
        await sent[-1]
        assert await read(ledger, house) == [raw for n in range(200) for raw in (b"%d" % n, b"%d!" % n)]

    run(story)


def test_the_future_tells_the_offset_of_the_last_record_and_reading_goes_on_behind_it(run):
    async def story(ledger, house):
        offset = await (await ledger.append(house, [b"1", b"2"], NOW_MS))
        await (await ledger.append(house, [b"3"], NOW_MS))
        entries = [entry async for entry in ledger.read(house, -1)]
        assert [entry.offset for entry in entries if entry.raw == b"2"] == [offset]
        assert await read(ledger, house, offset) == [b"3"]

    run(story)


def test_houses_that_share_a_partition_do_not_see_each_other(run):
    async def story(ledger, house):
        home = partition_of(house, PARTITIONS)
        other = next(name for n in range(99) if partition_of(name := f"{house}-{n}", PARTITIONS) == home)
        for n in range(3):
            await (await ledger.append(house, [b"mine %d" % n], NOW_MS))
            await (await ledger.append(other, [b"theirs %d" % n], NOW_MS))
        assert await read(ledger, house) == [b"mine 0", b"mine 1", b"mine 2"]

    run(story)


def test_once_all_is_settled_all_of_it_can_be_read(run):
    async def story(ledger, house):
        for n in range(50):
            await ledger.append(house, [b"x" * 20_000, b"%d" % n], NOW_MS)
        await ledger.settled()
        assert len(await read(ledger, house)) == 100

    run(story)


def test_a_record_as_large_as_a_map_is_taken(run):
    async def story(ledger, house):
        await (await ledger.append(house, [b"m" * 3_000_000, b"after"], NOW_MS))
        assert [len(raw) for raw in await read(ledger, house)] == [3_000_000, 5]

    run(story)


def test_rejections_are_acknowledged(run):
    async def story(ledger, house):
        promise = await ledger.reject(Rejection(b"{", house.encode(), "adt.events", 1, 2, "it is not JSON"))
        assert await promise >= 0

    run(story)


# -- Kafka alone -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("raw", [None, b"", b"v" * 5_000_000])
@pytest.mark.parametrize("key", [None, b"k"])
def test_whatever_was_refused_can_be_kept(kafka_settings, raw, key):
    reason = f"because {uuid4()}"

    async def story():
        async with kafka(kafka_settings) as ledger:
            await (await ledger.reject(Rejection(raw, key, "adt.events", 3, 14, reason)))

    asyncio.run(story())
    (kept,) = (one for one in read_rejected(kafka_settings) if one.reason == reason)
    assert (kept.topic, kept.partition, kept.position) == ("adt.events", 3, 14)


def test_after_a_failure_the_producer_is_made_anew(kafka_settings):
    async def story():
        async with kafka(kafka_settings) as ledger:
            house = f"house-{uuid4()}"
            await (await ledger.append(house, [b"1"], NOW_MS))
            await ledger._producer.stop()  # as after an error aiokafka does not get over
            with pytest.raises(LedgerAway):
                await ledger.append(house, [b"2"], NOW_MS)
            await (await ledger.append(house, [b"2"], NOW_MS))
            assert await read(ledger, house) == [b"1", b"2"]

    asyncio.run(story())


def test_a_broker_that_does_not_listen_is_away():
    async def story():
        ledger = KafkaLedger({"bootstrap_servers": ["127.0.0.1:1"]})
        with pytest.raises(LedgerAway):
            await ledger.start()

    asyncio.run(story())
