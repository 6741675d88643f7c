"""The lane's ports as fakes that fail: each call meets the next fault of a list, and all is well when it is used up."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Iterable, Sequence
from enum import Enum

from engine.adapters.ledger_topic import Entry, LedgerAway, MemoryLedger, Rejection
from engine.adapters.store import Commit, MemoryStore, StoreAway, Stored


class Fault(Enum):
    """When the call fails, seen from the far side: it had no effect, its whole effect, half of it, or it is late."""

    NONE = "none"
    BEFORE = "before"
    AFTER = "after"
    HALF = "half"
    LATE = "late"


class Faults:
    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._coming = deque(faults)

    def next(self) -> Fault:
        return self._coming.popleft() if self._coming else Fault.NONE

    def end(self) -> None:
        self._coming.clear()


class FailingStore:
    """A connection to a store that others use too."""

    def __init__(self, shared: MemoryStore, faults: Faults) -> None:
        self._shared = shared
        self._faults = faults

    async def load(self, facility: str) -> Stored | None:
        await _in_time(self._faults.next(), StoreAway)
        return await self._shared.load(facility)

    async def commit(self, commits: list[Commit]) -> list[bool]:
        fault = self._faults.next()
        if fault is Fault.HALF:
            await self._shared.commit(commits[: len(commits) // 2])
            raise StoreAway("cut off between two facilities")
        await _in_time(fault, StoreAway)
        done = await self._shared.commit(commits)
        _and_heard(fault, StoreAway)
        return done

    async def install(self, facility: str, stored: Stored, version: int, offset: int) -> None:
        fault = self._faults.next()
        await _in_time(fault, StoreAway)
        await self._shared.install(facility, stored, version, offset)
        _and_heard(fault, StoreAway)


class FailingLedger:
    """A producer and a reader of a ledger that others use too. What it sends arrives in order, if it arrives."""

    def __init__(self, shared: MemoryLedger, faults: Faults) -> None:
        self._shared = shared
        self._faults = faults
        self._last: asyncio.Future[int] | None = None
        self._pending: set[asyncio.Future[int]] = set()

    async def append(self, facility: str, records: Sequence[bytes], timestamp_ms: int) -> asyncio.Future[int]:
        fault = self._faults.next()
        if fault is Fault.HALF:
            self._take(self._arrive(facility, records[: len(records) // 2], Fault.NONE, self._last))
            raise LedgerAway("cut off within a batch")
        return self._take(self._arrive(facility, records, fault, self._last))

    def _take(self, arriving: Awaitable[int]) -> asyncio.Future[int]:
        sent = asyncio.ensure_future(arriving)
        self._pending.add(sent)
        sent.add_done_callback(self._pending.discard)
        sent.add_done_callback(lambda done: done.cancelled() or done.exception())
        self._last = sent
        return sent

    async def _arrive(
        self, facility: str, records: Sequence[bytes], fault: Fault, earlier: asyncio.Future[int] | None
    ) -> int:
        if earlier is not None:
            await asyncio.wait([earlier])
        await _in_time(fault, LedgerAway)
        offset = await (await self._shared.append(facility, records, 0))
        _and_heard(fault, LedgerAway)
        return offset

    async def settled(self) -> None:
        while self._pending:
            await asyncio.wait(self._pending)

    async def reject(self, rejection: Rejection) -> Awaitable[int]:
        fault = self._faults.next()
        await _in_time(fault, LedgerAway)
        promise = await self._shared.reject(rejection)
        _and_heard(fault, LedgerAway)
        return promise

    async def read(self, facility: str, after_offset: int) -> AsyncGenerator[Entry, None]:
        fault = self._faults.next()
        await _in_time(fault, LedgerAway)
        async for entry in self._shared.read(facility, after_offset):
            yield entry
        _and_heard(fault, LedgerAway)


async def _in_time(fault: Fault, away: type[Exception]) -> None:
    await asyncio.sleep(20.0 if fault is Fault.LATE else 0.0)
    if fault is Fault.BEFORE:
        raise away("away before it happened")


def _and_heard(fault: Fault, away: type[Exception]) -> None:
    if fault is Fault.AFTER:
        raise away("away after it happened")
