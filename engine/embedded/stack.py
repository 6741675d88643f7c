"""Kafka and Valkey together: what `bedstream demo` and the integration tests run on."""

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from engine.embedded.kafka import EmbeddedKafka
from engine.embedded.progress import Progress, silent
from engine.embedded.valkey import EmbeddedValkey


class EmbeddedStack:
    """Both services with everything they own under `home`; entering starts them side by side and waits for both.

    They end with the *thread* that entered (Linux; see leash.py). Leaving stops them; data and addresses stay.
    """

    def __init__(
        self, home: Path, progress: Progress = silent, kafka_properties: Mapping[str, str] | None = None
    ) -> None:
        """`progress` is told what is being waited for; `kafka_properties` are added to server.properties."""
        self.kafka = EmbeddedKafka(home, progress, kafka_properties)
        self.valkey = EmbeddedValkey(home, progress)

    def __enter__(self) -> Self:
        """Start both, and be ready."""
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Stop both, and let others use the home."""
        self.close()

    def start(self) -> None:
        """Start what is not running and wait until both answer."""
        self.valkey.launch()
        self.kafka.launch()
        self.valkey.await_ready()
        self.kafka.await_ready()

    def stop(self) -> None:
        """Stop both; the home stays claimed."""
        try:
            self.kafka.stop()
        finally:
            self.valkey.stop()

    def wipe(self) -> None:
        """Forget everything both hold, while they are stopped; addresses and passwords stay."""
        self.valkey.wipe()
        self.kafka.wipe()

    def close(self) -> None:
        """Stop both, and let others use the home."""
        try:
            self.kafka.close()
        finally:
            self.valkey.close()
