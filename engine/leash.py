"""Run a command that dies with its parent: `python -I -S leash.py PARENT_PID COMMAND…`.

Linux sends the signal set by PR_SET_PDEATHSIG when the *thread* that forked ends. Setting it in a `preexec_fn` runs
Python between fork and exec, which can deadlock in a process with threads; so this script sets it on itself and becomes
the command, keeping its process id. Elsewhere there is no such signal, and the next start ends what was left over.
"""

import os
import signal
import sys
from collections.abc import Sequence

PR_SET_PDEATHSIG = 1


def leashed(command: Sequence[str]) -> list[str]:
    """`command`, made to die with the calling thread."""
    return [sys.executable, "-I", "-S", __file__, str(os.getpid()), *command]


def main() -> None:
    """Tie this process to its parent, keep its files private, become the command."""
    parent, *command = sys.argv[1:]
    os.umask(0o077)
    if sys.platform == "linux":
        _die_with_parent(int(parent))
    os.execv(command[0], command)


def _die_with_parent(parent: int) -> None:
    import ctypes  # here, because only Linux needs it

    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:  # it died before the call above
        sys.exit(1)


if __name__ == "__main__":
    main()
