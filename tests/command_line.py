"""`bedstream …` as people run it: a process of its own, with nothing of this one's BEDSTREAM_ variables."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from engine.settings import PREFIX

KEPT = f"{PREFIX}CACHE"  # what was downloaded


def environment(given: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's variables without settings, and what is `given`."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX) or name == KEPT}
    return {**plain, "COLUMNS": "200", **(given or {})}


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "engine.cli", *map(str, arguments)]


def bedstream(
    *arguments: object, given: Mapping[str, str] | None = None, seconds: float = 90
) -> subprocess.CompletedProcess[str]:
    """Run it to its end."""
    return subprocess.run(
        command(*arguments), env=environment(given), capture_output=True, text=True, timeout=seconds, check=False
    )


@contextmanager
def started(*arguments: object, log: Path, directory: Path | None = None) -> Iterator[subprocess.Popen[str]]:
    """It runs while the block lasts, and is ended with SIGTERM; what it says goes to `log`."""
    with log.open("w") as file:
        child = subprocess.Popen(
            command(*arguments), env=environment(), cwd=directory, stdout=file, stderr=file, text=True
        )
    try:
        yield child
    finally:
        child.send_signal(signal.SIGTERM)
        child.wait(30)


def wait_for(what: Callable[[], object], seconds: float, words: str) -> None:
    """Until `what` is true, or fail with `words`."""
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until, f"{words} within {seconds} s"
        time.sleep(0.1)


def descendants(pid: int) -> set[int]:
    """The processes below this one (Linux)."""
    children = {
        int(child) for task in Path(f"/proc/{pid}/task").glob("*/children") for child in task.read_text().split()
    }
    return children.union(*map(descendants, children))


def is_running(pid: int) -> bool:
    """Whether the process lives; one that has ended and waits for its parent does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def block(title: str, output: str) -> str:
    """The table under this title, without its frame."""
    _, _, after = output.partition(f"{title}\n")
    lines = after.splitlines()
    table = lines[: next((number for number, line in enumerate(lines) if line.startswith("└")), len(lines))]
    return "\n".join(re.sub(r"\s*│\s*", " | ", line).strip(" |") for line in table if "│" in line)
