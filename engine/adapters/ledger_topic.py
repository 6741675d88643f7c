"""Port to the ledger and the rejected topic: append with an acknowledgement, read to the end. Here in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Sequence
from typing import Protocol

import msgspec


class LedgerAway(RuntimeError):
    """The broker did not take or give what it was asked for."""


class Entry(msgspec.Struct, frozen=True):
    """Ledger bytes at an offset of the facility's partition."""

    offset: int
    raw: bytes


class Rejection(msgspec.Struct, frozen=True):
    """An event that could not be read or applied: the raw record and why."""

    raw: bytes | None
    key: bytes | None
    topic: str
    partition: int
    offset: int
    reason: str


class LedgerTopic(Protocol):
    """Appends keep their order per facility; the future gives the offset of the last record once the broker is sure.

    It fails with LedgerAway when the broker did not take *all* of them.
    """

    async def append(self, facility: str, records: Sequence[bytes], timestamp_ms: int) -> asyncio.Future[int]:
        """Raises LedgerAway when the records cannot even be handed over; some of them may have been."""
        ...

    async def settled(self) -> None:
        """Wait until every append is acknowledged or has failed: after that, what is read is all there will be."""
        ...

    async def reject(self, rejection: Rejection) -> Awaitable[int]: ...

    def read(self, facility: str, after_offset: int) -> AsyncGenerator[Entry, None]:
        """The facility's entries after an offset, in order, to the end as it is now. Raises LedgerAway."""
        ...


class MemoryLedger:
    """The port in memory."""

    def __init__(self) -> None:
        self.entries: dict[str, list[bytes]] = {}
        self.rejections: list[Rejection] = []

    async def append(self, facility: str, records: Sequence[bytes], timestamp_ms: int) -> asyncio.Future[int]:  # noqa: ARG002  # the port's
        held = self.entries.setdefault(facility, [])
        held.extend(records)
        return _done(len(held) - 1)

    async def settled(self) -> None: ...

    async def reject(self, rejection: Rejection) -> Awaitable[int]:
        self.rejections.append(rejection)
        return _done(len(self.rejections) - 1)

    async def read(self, facility: str, after_offset: int) -> AsyncGenerator[Entry, None]:
        for offset, raw in enumerate(self.entries.get(facility, [])):
            if offset > after_offset:
                yield Entry(offset, raw)


def _done(offset: int) -> asyncio.Future[int]:
    future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    future.set_result(offset)
    return future
