"""Where downloads live that every home shares: Kafka's jars and the start-up cache of its Java classes."""

import os
import sys
from pathlib import Path

from engine.embedded.files import private_dir


def cache_dir() -> Path:
    """`BEDSTREAM_CACHE` if set, else `bedstream` in the platform's cache folder. Made when it is not there."""
    chosen = os.environ.get("BEDSTREAM_CACHE")
    return private_dir(Path(chosen).expanduser().resolve() if chosen else _platform_cache() / "bedstream")


def _platform_cache() -> Path:
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
