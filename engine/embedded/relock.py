"""Write kafka.lock anew, after changing a version below: `python -m engine.embedded.relock`. Read the diff."""

import hashlib
import tempfile
from dataclasses import replace
from pathlib import Path

from jgo.parse import Endpoint

from engine.embedded.download import maven
from engine.embedded.jar_lock import LOCK_FILE

# `!` keeps log4j's own bill of materials out of it, which would turn kafka-clients into 3.8.0.
ENDPOINT = "org.apache.kafka:kafka_2.13:4.1.1+org.apache.logging.log4j:log4j-slf4j-impl:2.24.3!"
HEADER = "# Made by `python -m engine.embedded.relock`: group:artifact:version sha256"


def main() -> None:
    """Resolve what Kafka needs at run time, hash it, write the lock."""
    with tempfile.TemporaryDirectory() as repository:
        lines = sorted(_resolve(Path(repository)))
    LOCK_FILE.write_text("\n".join([HEADER, *lines, ""]))
    print(f"{LOCK_FILE}: {len(lines)} jars")


def _resolve(repository: Path) -> list[str]:
    context = maven(repository)
    wanted = [
        context.create_dependency(replace(coordinate, scope="compile"))
        for coordinate in Endpoint.parse(ENDPOINT).coordinates
    ]
    named, implied = context.resolver.resolve(wanted)
    artifacts = [found.artifact for found in [*named, *implied] if found.scope in ("compile", "runtime")]
    return [f"{one.groupId}:{one.artifactId}:{one.version} {_sha256(one.resolve())}" for one in artifacts]


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    main()
