"""Children that outlived a parent which was killed: recognised beyond doubt, then ended."""

import json
import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from engine.embedded.files import write_private

GRACE_SECONDS = 10.0


def note(file: Path, pid: int) -> None:
    """Write down which process runs here, with its start time, because process ids are used again."""
    write_private(file, json.dumps({"pid": pid, "started": started_at(pid)}))


def end_leftover(file: Path) -> None:
    """End the process noted in `file` if it still runs: politely first, as it may be stopping already."""
    with suppress(FileNotFoundError):
        noted = json.loads(file.read_text())
        pid, started = noted["pid"], noted["started"]
        if started is not None and started_at(pid) == started:
            _end(pid, started)
        file.unlink()


def _end(pid: int, started: str) -> None:
    for sent in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.kill(pid, sent)
        deadline = time.monotonic() + GRACE_SECONDS
        while started_at(pid) == started and time.monotonic() < deadline:
            time.sleep(0.05)


def started_at(pid: int) -> str | None:
    """When the process began, unique over reboots; None if there is none (a zombie is none)."""
    if Path("/proc/self/stat").exists():
        return _in_proc(pid)
    found = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return found.stdout.strip() or None


def _in_proc(pid: int) -> str | None:
    try:
        # The second field, the name in brackets, may hold anything; state and start time follow it (proc(5): 3 and 22).
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return None if fields[0] in "ZX" else f"{boot} {fields[19]}"
