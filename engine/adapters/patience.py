"""Waiting for a dependency to come back: try again with growing pauses, and tell once that the lane is paused."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TypeVar

from engine.adapters.ledger_topic import LedgerAway
from engine.adapters.ports import LaneObserver
from engine.adapters.store import StoreAway
from engine.core.ledger import LedgerGap

log = logging.getLogger(__name__)

FIRST_PAUSE_SECONDS = 0.05
LONGEST_PAUSE_SECONDS = 2.0

T = TypeVar("T")


class Conflict(RuntimeError):
    """The store is not where this worker thought: somebody else has written, or an earlier commit went through."""


class Patience:
    """`partitions` are those that wait while the lane is paused."""

    def __init__(self, observer: LaneObserver) -> None:
        self.partitions: set[int] = set()
        self._observer = observer
        self._reasons = 0

    async def keep_trying(self, work: Callable[[], Awaitable[T]]) -> T:
        """Until it succeeds. What is tried leaves nothing half done, or is fenced by the store."""
        pause = FIRST_PAUSE_SECONDS
        with ExitStack() as paused:
            is_paused = False
            while True:
                try:
                    return await work()
                except Conflict:  # part of the day, and only counted: the next try starts from what the store has
                    self._observer.conflict()
                except (StoreAway, LedgerAway, LedgerGap) as error:
                    self._observer.conflict()
                    if not is_paused:
                        is_paused = True
                        paused.enter_context(self.paused(str(error)))
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    @contextmanager
    def paused(self, why: str) -> Iterator[None]:
        """The lane waits for a dependency inside this block."""
        since = time.monotonic()
        log.warning("the lane is paused: %s", why)
        self._reasons += 1
        self._tell()
        try:
            yield
        finally:
            self._reasons -= 1
            self._tell()
            log.warning("the lane goes on after %.1f s", time.monotonic() - since)

    def _tell(self) -> None:
        for partition in self.partitions:
            self._observer.paused(partition, self._reasons > 0)
