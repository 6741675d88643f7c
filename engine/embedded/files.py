"""Directories and files that only their owner can read, and the lock that keeps a directory to one process."""

import fcntl
import os
from pathlib import Path
from typing import Self

from engine.embedded.errors import EmbeddedError


def private_dir(path: Path) -> Path:
    """Make `path` (0700, and its parents) unless it is there; return it."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def write_private(path: Path, text: str) -> None:
    """Replace `path` with `text` in one step, readable by its owner alone (0600) from the first byte on."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    draft.replace(path)


class Claim:
    """An exclusive hold on a directory. The kernel lets go of it when the process ends, however it ends."""

    def __init__(self, directory: Path, descriptor: int) -> None:
        self.directory = directory
        self._descriptor = descriptor

    @classmethod
    def take(cls, directory: Path) -> Self:
        """Claim `directory`, or say who has it."""
        file = private_dir(directory) / "lock"
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(descriptor)
            raise EmbeddedError(
                f"{directory} is in use by another bedstream (process {file.read_text().strip() or 'unknown'}): "
                "stop that one, or choose another home directory."
            ) from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        return cls(directory, descriptor)

    def release(self) -> None:
        """Let the next one in. The file stays: removing it would let two processes lock two files of one name."""
        os.close(self._descriptor)
