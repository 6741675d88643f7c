"""Who is measured: each a process of its own, on the same broker, the same Valkey and the same events."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.request import urlopen

from engine.leash import leashed
from engine.settings import Settings

STOP_SECONDS = 15
_STAGE = re.compile(r'^bedstream_stage_seconds_(sum|count)\{stage="(\w+)"\} (\S+)$', re.MULTILINE)


class Contender(StrEnum):
    """What reads the stream."""

    BY_HAND = "a hand-written consumer loop"
    WORKER = "the Faust worker"
    ONE_BY_ONE = "the Faust worker, one event a batch"

    @property
    def command(self) -> list[str]:
        module = ["engine.bench.by_hand"] if self is Contender.BY_HAND else ["engine.cli", "worker", "--alone"]
        return [sys.executable, "-m", *module]

    @property
    def settings(self) -> dict[str, object]:
        """What differs from the settings all have."""
        return {"batch_max": 1} if self is Contender.ONE_BY_ONE else {}


class Running:
    """A contender while it runs."""

    def __init__(self, contender: Contender, settings: Settings, log_file: Path) -> None:
        self._settings = settings
        self._log = log_file.open("ab")
        self._process = subprocess.Popen(
            leashed(contender.command),
            env={**os.environ, **settings.environment()},
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._log.close()

    def cpu_seconds(self) -> float | None:
        """Processor time so far, user and system; None where there is no /proc."""
        try:
            fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return None
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stage_seconds(self) -> dict[str, float]:
        """Time so far in each stage of the lane (bedstream_stage_seconds), by the wall clock; with `batches`."""
        where = f"http://{self._settings.metrics_host}:{self._settings.metrics_port}/metrics"
        with urlopen(where, timeout=5) as page:
            found = _STAGE.findall(page.read().decode())
        return {stage: float(value) for kind, stage, value in found if kind == "sum"}
