"""One solver process beside the worker: dies with its parent, is replaced when it breaks, never runs past its time."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from engine.adapters import planner_job

GRACE_SECONDS = 10.0  # for starting Python in the child, reading the snapshot and weighing suggestions


class PlanTimedOutError(RuntimeError):
    """The child was still at work long after its deadline and was ended."""


class PlannerPool:
    """A pool of one. `plan` may be awaited by one caller at a time; `close` ends the child."""

    def __init__(self, grace_seconds: float = GRACE_SECONDS) -> None:
        self._grace_seconds = grace_seconds
        self._executor: ProcessPoolExecutor | None = None

    async def plan(self, snapshot: bytes, seed: int, deadline_seconds: float) -> bytes:
        """Plan message bytes. Raises PlanTimedOutError, BrokenProcessPool (died twice), or what the job raises."""
        try:
            return await self._attempt(snapshot, seed, deadline_seconds)
        except BrokenProcessPool:
            self.close()
            return await self._attempt(snapshot, seed, deadline_seconds)

    async def _attempt(self, snapshot: bytes, seed: int, deadline_seconds: float) -> bytes:
        executor = self._executor = self._executor or _executor()
        job = asyncio.wrap_future(executor.submit(planner_job.plan, snapshot, seed, deadline_seconds))
        try:
            return await asyncio.wait_for(job, 1.1 * deadline_seconds + self._grace_seconds)
        except TimeoutError:
            self.close()
            raise PlanTimedOutError(f"the solver did not stop within {deadline_seconds:g} s and was ended") from None

    @property
    def process_ids(self) -> list[int]:
        """The child, once it has been started."""
        processes = getattr(self._executor, "_processes", None) or {}
        return [pid for pid in processes if pid is not None]

    def close(self) -> None:
        """End the child at once; the next plan starts another. Safe to call twice."""
        executor, self._executor = self._executor, None
        if executor is None:
            return
        processes = list((getattr(executor, "_processes", None) or {}).values())
        executor.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            process.kill()


def _executor() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(
        max_workers=1,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=planner_job.begin,
        initargs=(os.getpid(),),
    )
