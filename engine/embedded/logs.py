"""The end of a log, for an error message."""

from collections.abc import Iterable
from pathlib import Path

TAIL_BYTES = 16_384
TAIL_LINES = 12


def last_lines(files: Iterable[Path]) -> str:
    """The last lines of each log that has any, under its name."""
    return "\n".join(f"--- {file.name}\n{tail}" for file in sorted(files) if (tail := _tail(file)))


def _tail(file: Path) -> str:
    with file.open("rb") as log:
        log.seek(max(0, file.stat().st_size - TAIL_BYTES))
        return "\n".join(log.read().decode(errors="replace").splitlines()[-TAIL_LINES:])
