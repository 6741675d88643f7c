"""Everything a first start would wait for, beforehand: `python -m engine.embedded.fetch` (part of `make setup`)."""

import sys
import tempfile
from pathlib import Path

from engine.embedded.errors import EmbeddedError
from engine.embedded.jars import class_path, kafka_dir
from engine.embedded.java import aot_cache
from engine.embedded.kafka import EmbeddedKafka
from engine.embedded.progress import Progress


def prepare(progress: Progress) -> None:
    """Download and check Kafka's jars; make the cache that lets it start in 2 s. Does nothing the second time."""
    jars = class_path(progress)
    if aot_cache(kafka_dir(), jars).exists():
        progress("Kafka is here and prepared")
        return
    with tempfile.TemporaryDirectory() as home, EmbeddedKafka(Path(home), progress):
        pass  # the first run records what it loads, and writes the cache as it stops


def main() -> int:
    """The command: one line per step; on failure one sentence and exit code 1."""
    try:
        prepare(lambda line: print(line, flush=True))
    except EmbeddedError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
