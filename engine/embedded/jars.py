"""Kafka's jars in the shared cache: downloaded once, checked against the lock at every start."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.embedded.cache import cache_dir
from engine.embedded.files import private_dir
from engine.embedded.jar_lock import LockedJar, lock_id, locked_jars
from engine.embedded.progress import Progress, silent


def kafka_dir() -> Path:
    """The folder in the cache for the jars, and what is made from them."""
    return private_dir(cache_dir() / f"kafka-{lock_id()}")


def class_path(progress: Progress = silent) -> list[Path]:
    """Every locked jar, present and unchanged; what is missing is downloaded first. No network when all are there."""
    jars, folder = locked_jars(), private_dir(kafka_dir() / "jars")
    if _missing(jars, folder):
        with _one_at_a_time(kafka_dir() / "download.lock"):
            _download(_missing(jars, folder), folder, progress)
    for jar in jars:
        jar.refuse_if_changed(folder / jar.file_name)
    return [folder / jar.file_name for jar in jars]


def _missing(jars: list[LockedJar], folder: Path) -> list[LockedJar]:
    return [jar for jar in jars if not (folder / jar.file_name).exists()]


def _download(missing: list[LockedJar], folder: Path, progress: Progress) -> None:
    # Here, as importing a Maven resolver would slow every later start for nothing.
    from engine.embedded.download import download

    download(missing, folder, progress)


@contextmanager
def _one_at_a_time(file: Path) -> Iterator[None]:
    """Two first starts at once: the second waits, and finds the jars there."""
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
