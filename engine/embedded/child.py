"""Starting and ending one child process."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from engine.leash import leashed

# Options that Java would take from the environment, where they were meant for somebody else's program.
NOT_INHERITED = frozenset({"JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "JDK_AOT_VM_OPTIONS"})


def inherited_environment() -> dict[str, str]:
    """The environment of this process without what would change how Java starts; file names are UTF-8."""
    kept = {name: value for name, value in os.environ.items() if name not in NOT_INHERITED}
    return kept | {"LC_ALL": "C.UTF-8"} if sys.platform == "linux" else kept


class Child:
    """A running command in a session of its own, so that Ctrl-C in the terminal reaches us and not it."""

    def __init__(self, command: Sequence[str], output: Path) -> None:
        """Start `command`; what it prints replaces the contents of `output`."""
        with os.fdopen(os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as sink:
            self._process = subprocess.Popen(
                leashed(command),
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                env=inherited_environment(),
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """The process id of the command itself."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        return self._process.poll()

    def kill(self) -> None:
        """SIGKILL to it and everything it started; wait until it is gone."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()

    def stop(self, timeout_seconds: float) -> bool:
        """SIGTERM and wait; SIGKILL if it is not gone in time. Whether it ended by itself."""
        self._process.terminate()
        try:
            self._process.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            self.kill()
        return self._process.returncode != -signal.SIGKILL
