"""A whole engine on this machine: embedded Kafka and Valkey, topics, and workers under their supervisor."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from types import FrameType, TracebackType
from typing import Self

from engine.adapters.maps import load_houses
from engine.adapters.topics import ensure_topics
from engine.embedded.files import write_private
from engine.embedded.ports import free_port
from engine.embedded.stack import EmbeddedStack
from engine.leash import leashed
from engine.settings import Settings, load_settings

STOP_SECONDS = 20
CONNECTION = ("BEDSTREAM_KAFKA_BOOTSTRAP", "BEDSTREAM_REDIS_URL", "BEDSTREAM_MAPS")


class LocalEngine:
    """Runs while the block lasts, also when SIGTERM ends it. `settings` are those to connect with.

    `fresh` empties Kafka and Valkey first. Raises EmbeddedError, BadInput.
    """

    settings: Settings

    def __init__(
        self,
        home: Path,
        maps: str,
        say: Callable[[str], None],
        *,
        workers: int = 1,
        fresh: bool = True,
        **given: object,
    ) -> None:
        """`given` are further settings of the workers."""
        self.home = home
        self._maps, self._say, self._workers, self._fresh, self._given = maps, say, workers, fresh, given
        self._parts = ExitStack()

    def __enter__(self) -> Self:
        signal.signal(signal.SIGTERM, _end_in_order)
        try:
            self._open()
        except BaseException:
            self._parts.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._parts.close()

    def _open(self) -> None:
        load_houses(self._maps)  # a map that cannot be used is said before anything starts
        stack = EmbeddedStack(self.home, self._say)
        if self._fresh:
            stack.wipe()
        self._parts.callback(stack.close)
        stack.start()
        self.settings = self._settings_for(stack)
        self._say("Creating the topics")
        ensure_topics(self.settings)
        self._say("Starting a worker" if self._workers == 1 else f"Starting {self._workers} workers")
        self._parts.callback(self._start_workers().stop)

    def _settings_for(self, stack: EmbeddedStack) -> Settings:
        usual = {"metrics_port": free_port(), "tick_seconds": 0, "log_level": "INFO"}
        return load_settings(
            kafka_bootstrap=stack.kafka.bootstrap_servers,
            redis_url=stack.valkey.url,
            maps=self._maps,
            state_dir=self.home / "worker",
            **{**usual, **self._given},
        )

    def _start_workers(self) -> _Workers:
        return _Workers(self.settings, self._workers, self.home / "logs" / "worker.log")

    def wait(self) -> None:
        """Stay up until Ctrl-C or SIGTERM, and say how to use it."""
        settings = self.settings
        self._say(f"Running until Ctrl-C. Metrics: http://{settings.metrics_host}:{settings.metrics_port}/metrics")
        self._say(f"Logs: {self.home / 'logs'}. For other bedstream commands, in another terminal:")
        self._say(f"  . {self._environment_file()}")
        with suppress(KeyboardInterrupt):
            signal.pause()

    def _environment_file(self) -> Path:
        """The addresses and the Redis password as shell exports, readable by this user alone."""
        found = self.settings.environment()
        lines = [f"export {name}={shlex.quote(found[name])}" for name in CONNECTION]
        file = self.home / "environment"
        write_private(file, "\n".join(lines) + "\n")
        return file


class _Workers:
    """`bedstream worker` as a child, its log in a file."""

    def __init__(self, settings: Settings, workers: int, log_file: Path) -> None:
        log_file.parent.mkdir(parents=True, exist_ok=True)
        self._log = log_file.open("ab")
        self._child = subprocess.Popen(
            leashed([sys.executable, "-m", "engine.cli", "worker", "--workers", str(workers)]),
            env={**os.environ, **settings.environment()},
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
        )

    def stop(self) -> None:
        """Drain and end."""
        self._child.terminate()
        try:
            self._child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._child.kill()
        self._log.close()


def _end_in_order(_signal: int, _frame: FrameType | None) -> None:
    """SIGTERM stops the parts in order, as Ctrl-C does."""
    raise SystemExit(128 + signal.SIGTERM)
