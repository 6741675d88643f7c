"""What every store of the bed state must do: the one in memory, and Redis (a real Valkey)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from uuid import uuid4

import pytest
from redis.asyncio import Redis

from engine.adapters.redis_census import RedisStore
from engine.adapters.store import Commit, MemoryStore, Store, StoreAway, Stored

Story = Callable[[Store, str], Awaitable[None]]


@pytest.fixture(params=["memory", "redis"])
def run(request) -> Callable[[Story], None]:
    """Runs a story on a fresh store, with the name of a house that nobody else has."""
    opened = memory if request.param == "memory" else lambda: redis(request.getfixturevalue("stack").valkey.url)

    async def told(story: Story) -> None:
        async with opened() as store:
            await story(store, f"house-{uuid4()}")

    return lambda story: asyncio.run(told(story))


@asynccontextmanager
async def memory() -> AsyncIterator[Store]:
    yield MemoryStore()


@asynccontextmanager
async def redis(url: str) -> AsyncIterator[RedisStore]:
    client = Redis.from_url(url)
    yield RedisStore(client)
    await client.aclose()


def commit(house: str, at: int, to: int, **rest) -> Commit:
    """Versions at + 1 … to, whose events have the offsets 10 × version."""
    said = {
        "changes": {"meta": {"meta": b"m%d" % to}, "beds": {"A": b"bed %d" % to}},
        "expected_beds": {"A": b"bed %d" % at if at else None},
        "records": tuple(b"r%d" % version for version in range(at + 1, to + 1)),
        "expected_offset": 10 * at if at else -1,
        "confirmed": 0,
        "ledger_offset": -1,
    }
    return Commit(facility=house, expected_version=at, version=to, offset=10 * to, **{**said, **rest})


def test_a_house_nobody_wrote_is_not_there(run):
    async def story(store, house):
        assert await store.load(house) is None

    run(story)


def test_a_commit_is_read_back_whole(run):
    async def story(store, house):
        changes = {"meta": {"meta": b"m"}, "beds": {"A": b"\x00\xff", "B": b"2"}, "queue": {"v ü": b"q"}}
        assert await store.commit([commit(house, 0, 2, changes=changes, expected_beds={"A": None, "B": None})]) == [
            True
        ]
        assert await store.load(house) == Stored(changes, 0, -1, (b"r1", b"r2"))

    run(story)


def test_rows_are_changed_and_taken_away(run):
    async def story(store, house):
        first = {"beds": {"A": b"1", "B": b"2"}, "queue": {"v": b"q"}}
        second = {"beds": {"A": b"3", "B": None}, "queue": {"v": None}, "visits": {"v": b"x"}}
        await store.commit([commit(house, 0, 1, changes=first, expected_beds={})])
        assert await store.commit([commit(house, 1, 2, changes=second, expected_beds={"A": b"1", "B": b"2"})]) == [True]
        assert (await store.load(house)).tables == {"beds": {"A": b"3"}, "visits": {"v": b"x"}}

    run(story)


@pytest.mark.parametrize(
    "wrong",
    [
        {"expected_version": 0},
        {"expected_version": 2},
        {"expected_offset": 9},
        {"expected_offset": 11},
        {"expected_beds": {"A": b"somebody else"}},
        {"expected_beds": {"A": None}},
        {"expected_beds": {"A": b"bed 1", "B": b"somebody"}},
    ],
    ids=str,
)
def test_a_commit_that_starts_from_elsewhere_changes_nothing(run, wrong):
    async def story(store, house):
        await store.commit([commit(house, 0, 1)])
        before = await store.load(house)
        said = {"expected_version": 1, "expected_offset": 10, "expected_beds": {"A": b"bed 1"}, **wrong}
        late = Commit(
            facility=house, version=2, offset=20, changes={"beds": {"A": b"x"}}, records=(b"x",), confirmed=1,
            ledger_offset=5, **said,
        )  # fmt: skip
        assert await store.commit([late]) == [False]
        assert await store.load(house) == before

    run(story)


def test_each_house_of_a_batch_stands_for_itself(run):
    async def story(store, house):
        other = f"{house}-other"
        await store.commit([commit(other, 0, 1)])
        assert await store.commit([commit(house, 0, 1), commit(other, 0, 1)]) == [True, False]
        assert (await store.load(house)).outbox == (b"r1",)

    run(story)


def test_the_outbox_loses_what_the_ledger_has_and_nothing_else(run):
    async def story(store, house):
        await store.commit([commit(house, 0, 3)])
        await store.commit([commit(house, 3, 4, confirmed=2, ledger_offset=7)])
        assert await store.load(house) == Stored(
            {"meta": {"meta": b"m4"}, "beds": {"A": b"bed 4"}}, 2, 7, (b"r3", b"r4")
        )
        await store.commit([commit(house, 4, 5, confirmed=4, ledger_offset=9)])
        stored = await store.load(house)
        assert (stored.confirmed, stored.ledger_offset, stored.outbox) == (4, 9, (b"r5",))

    run(story)


def test_what_was_confirmed_stays_confirmed(run):
    async def story(store, house):
        await store.commit([commit(house, 0, 3)])
        await store.commit([commit(house, 3, 4, confirmed=3, ledger_offset=8)])
        await store.commit([commit(house, 4, 5, confirmed=1, ledger_offset=2)])
        stored = await store.load(house)
        assert (stored.confirmed, stored.ledger_offset, stored.outbox) == (3, 8, (b"r4", b"r5"))

    run(story)


REBUILT = Stored({"meta": {"meta": b"new"}, "beds": {"B": b"1"}}, 3, 11, ())


def test_a_rebuilt_house_replaces_what_was_there(run):
    async def story(store, house):
        await store.commit([commit(house, 0, 2)])
        await store.install(house, REBUILT, 3, 30)
        assert await store.load(house) == REBUILT
        assert await store.commit([commit(house, 3, 4, expected_beds={"A": None, "B": b"1"})]) == [True]

    run(story)


def test_a_rebuild_never_overwrites_what_is_further_on(run):
    async def story(store, house):
        await store.commit([commit(house, 0, 4)])
        before = await store.load(house)
        await store.install(house, REBUILT, 3, 30)
        assert await store.load(house) == before

    run(story)


def test_a_rebuilt_house_goes_into_an_empty_store(run):
    async def story(store, house):
        await store.install(house, REBUILT, 3, 30)
        assert await store.load(house) == REBUILT

    run(story)


def test_a_reader_sees_a_commit_whole_or_not_at_all(run):
    async def story(store, house):
        async def writes():
            for version in range(60):
                beds = {f"bed {n}": b"%d" % (version + 1) for n in range(30)}
                changes = {"meta": {"meta": b"%d" % (version + 1)}, "beds": beds}
                await store.commit([commit(house, version, version + 1, changes=changes, expected_beds={})])

        async def reads():
            while not writing.done():
                if stored := await store.load(house):
                    assert set(stored.tables["beds"].values()) == {stored.tables["meta"]["meta"]}
                    assert stored.outbox[-1] == b"r" + stored.tables["meta"]["meta"]
                await asyncio.sleep(0)

        writing = asyncio.create_task(writes())
        await asyncio.gather(writing, reads())

    run(story)


# -- Redis alone -------------------------------------------------------------------------------------------------------


def test_a_script_that_redis_forgot_is_an_unknown_outcome_once_and_then_there_again(stack):
    async def story():
        async with redis(stack.valkey.url) as store:
            house = f"house-{uuid4()}"
            await store.commit([commit(house, 0, 1)])
            await store._redis.execute_command("SCRIPT", "FLUSH")
            with pytest.raises(StoreAway, match="NoScript"):
                await store.commit([commit(house, 1, 2)])
            assert await store.commit([commit(house, 1, 2)]) == [True]

    asyncio.run(story())


def test_a_store_that_does_not_listen_is_away():
    async def story():
        async with redis("redis://127.0.0.1:1/0") as store:
            with pytest.raises(StoreAway):
                await store.load("house")
            with pytest.raises(StoreAway):
                await store.commit([commit("house", 0, 1)])
            with pytest.raises(StoreAway):
                await store.install("house", REBUILT, 3, 30)

    asyncio.run(story())


def test_no_password_and_no_patient_is_named_when_redis_refuses(stack):
    async def story():
        async with redis(stack.valkey.reader_url) as store:
            with pytest.raises(StoreAway) as refused:
                await store.commit([commit("house", 0, 1)])
        assert "bed 1" not in str(refused.value)
        assert stack.valkey._passwords["reader"] not in str(refused.value)

    asyncio.run(story())
