"""Logs on standard error: one JSON object a line, or text for people. UTC, extra fields, no patient identifier.

A line says what happened to lanes, batches and services. Visits are named in the ledger, not here: `extra` that names
one is left out, whoever passes it.
"""

from __future__ import annotations

import json
import logging
import sys
import time
import traceback
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Literal

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}
NEVER_LOGGED = frozenset({"visit", "visits", "patient", "mrn", "value", "raw", "event", "key"})


def configure_logs(log_format: Literal["json", "human"] = "json", level: str = "INFO") -> None:
    """Send all logging to standard error in one form. Calling it again replaces what it set before."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if log_format == "json" else HumanLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    quieten("aiokafka")
    for noisy in ("kafka", "faust", "mode"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, logging.getLevelName(level)))


def quieten(name: str, at_most: int = 5, per_seconds: float = 60.0) -> None:
    """WARNING and above of this logger, and of those below it, at most so many of each place in the code.

    While a broker is away aiokafka logs the same line hundreds of times a second.
    """
    limit = RateLimit(at_most, per_seconds)
    for one in _family(name):
        one.setLevel(logging.WARNING)
        one.filters[:] = [*(kept for kept in one.filters if not isinstance(kept, RateLimit)), limit]


def _family(name: str) -> Iterable[logging.Logger]:
    """The logger and every existing one below: a logger's filters do not see its children's records."""
    below = [known for known in logging.root.manager.loggerDict if known.startswith(f"{name}.")]
    return [logging.getLogger(one) for one in (name, *below)]


class RateLimit(logging.Filter):
    """The logger and those below it that exist: a logger's filters do not see its children's records."""

    def __init__(self, at_most: int, per_seconds: float) -> None:
        super().__init__()
        self._at_most = at_most
        self._per_seconds = per_seconds
        self._seen: dict[tuple[str, int], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        place, now = (record.pathname, record.lineno), time.monotonic()
        since, count = self._seen.get(place, (now, 0))
        if now - since >= self._per_seconds:
            if count > self._at_most:
                record.left_out = count - self._at_most
            since, count = now, 0
        self._seen[place] = (since, count + 1)
        return count < self._at_most


class _Discreet(logging.Formatter):
    """An exception is its type and the places it came through: its words may quote a visit, as KeyError's do."""

    def formatException(self, ei: Any) -> str:  # noqa: N802 - logging's name
        kind, _, trace = ei
        return "".join([*traceback.format_tb(trace), kind.__name__ if kind else ""])


class JsonLines(_Discreet):
    """`{"at", "level", "logger", "message", …extra}`; an exception is given as text in `error`."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": _utc(record.created),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_extra(record),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str, ensure_ascii=False)


class HumanLines(_Discreet):
    """A line such as `12:30:05Z warning  lane paused  facility=general reason=redis`."""

    def format(self, record: logging.LogRecord) -> str:
        clock = _utc(record.created)[11:19]
        extra = " ".join(f"{key}={value}" for key, value in _extra(record).items())
        line = f"{clock}Z {record.levelname.lower():8} {record.getMessage()}{'  ' + extra if extra else ''}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def _extra(record: logging.LogRecord) -> dict[str, Any]:
    return {key: value for key, value in vars(record).items() if key not in _STANDARD | NEVER_LOGGED}


def _utc(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
