"""Keeps worker processes running: a crash is started again with growing pauses, SIGTERM drains them all."""

from __future__ import annotations

import logging
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from types import FrameType

from engine.leash import leashed

log = logging.getLogger(__name__)

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 15.0
HEALTHY_AFTER_SECONDS = 30.0
USAGE_ERROR = 2  # wrong settings: starting again would not help


class Supervisor:
    """`command` as `processes` children, until a signal. `environment(number)` gives each child's environment."""

    def __init__(self, command: Sequence[str], processes: int, environment: Callable[[int], Mapping[str, str]]) -> None:
        self._command = list(command)
        self._environment = environment
        self._children: dict[int, subprocess.Popen[bytes]] = {}
        self._numbers = range(processes)
        self._started: dict[int, float] = {}
        self._pauses = dict.fromkeys(self._numbers, FIRST_PAUSE_SECONDS)
        self._due = dict.fromkeys(self._numbers, 0.0)
        self._ending = False

    def run(self) -> int:
        """Until SIGTERM or SIGINT. The exit status: 0 after a drain, 2 when a child says its settings are wrong."""
        for wanted in (signal.SIGTERM, signal.SIGINT):
            signal.signal(wanted, self._end)
        while not self._ending:
            for number in self._numbers:
                if (status := self._look_after(number)) == USAGE_ERROR:
                    self._drain()
                    return status
            time.sleep(0.1)
        self._drain()
        return 0

    def _look_after(self, number: int) -> int | None:
        child = self._children.get(number)
        if child is not None and (status := child.poll()) is not None:
            del self._children[number]
            if status == USAGE_ERROR:
                return status
            self._plan_restart(number, status)
        elif child is None and not self._ending and time.monotonic() >= self._due[number]:
            self._children[number] = subprocess.Popen(leashed(self._command), env=dict(self._environment(number)))
            self._started[number] = time.monotonic()
        return None

    def _plan_restart(self, number: int, status: int) -> None:
        healthy = time.monotonic() - self._started[number] > HEALTHY_AFTER_SECONDS
        pause = FIRST_PAUSE_SECONDS if healthy else self._pauses[number]
        self._pauses[number] = min(LONGEST_PAUSE_SECONDS, 2 * pause)
        self._due[number] = time.monotonic() + pause
        log.error("worker %d ended with status %d: it is started again in %.1f s", number, status, pause)

    def _end(self, _signal: int, _frame: FrameType | None) -> None:
        self._ending = True

    def _drain(self, seconds: float = 15.0) -> None:
        """SIGTERM to all, then wait; who does not end in time is killed (what it had not finished is redelivered)."""
        for child in self._children.values():
            child.terminate()
        until = time.monotonic() + seconds
        for child in self._children.values():
            try:
                child.wait(max(0.0, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.kill()
