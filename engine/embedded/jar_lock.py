"""The committed list of Kafka's jars, with their sha256s: nothing else gets onto the class path."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from engine.embedded.errors import EmbeddedError

LOCK_FILE = Path(__file__).with_name("kafka.lock")


@dataclass(frozen=True)
class LockedJar:
    """One jar as it has to be."""

    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def file_name(self) -> str:
        """As Maven names it."""
        return f"{self.artifact}-{self.version}.jar"

    def refuse_if_changed(self, path: Path) -> None:
        """Raise unless the file at `path` is, byte for byte, the one that was locked."""
        if hashlib.sha256(path.read_bytes()).hexdigest() != self.sha256:
            raise EmbeddedError(
                f"{path} is not the file that {LOCK_FILE.name} expects (its sha256 differs): delete it and start "
                "again, and if a new download is refused too, do not trust the network it comes from."
            )


def locked_jars(file: Path = LOCK_FILE) -> list[LockedJar]:
    """Read the lock: `group:artifact:version sha256` a line."""
    return [_parse(line) for line in file.read_text().splitlines() if line and not line.startswith("#")]


def lock_id(file: Path = LOCK_FILE) -> str:
    """Names the folder of this set of jars, so that a new set never mixes with an old one."""
    return hashlib.sha256(file.read_bytes()).hexdigest()[:12]


def _parse(line: str) -> LockedJar:
    coordinates, sha256 = line.split()
    group, artifact, version = coordinates.split(":")
    return LockedJar(group, artifact, version, sha256)
