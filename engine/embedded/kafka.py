"""One Apache Kafka broker as a child process."""

import base64
import subprocess
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from engine.embedded.child import inherited_environment
from engine.embedded.errors import EmbeddedError
from engine.embedded.files import private_dir, write_private
from engine.embedded.jars import class_path, kafka_dir
from engine.embedded.java import Recording, aot_cache, java
from engine.embedded.kafka_config import server_properties
from engine.embedded.kafka_ready import kafka_answers
from engine.embedded.ports import LOOPBACK
from engine.embedded.progress import Progress, silent
from engine.embedded.service import Service
from engine.leash import leashed

LOGGING = Path(__file__).with_name("kafka.log4j2.properties")
FORMAT_SECONDS = 60


class EmbeddedKafka(Service):
    """Apache Kafka on loopback, broker and controller in one, its data under `home`. Topics are not created by use."""

    name: ClassVar[str] = "Kafka"
    port_names: ClassVar[Sequence[str]] = ("broker", "controller")

    def __init__(self, home: Path, progress: Progress = silent, properties: Mapping[str, str] | None = None) -> None:
        """`properties` are added to server.properties and win over the defaults."""
        super().__init__(home, progress)
        self._extra = dict(properties or {})
        self._recording: Recording | None = None

    @property
    def bootstrap_servers(self) -> str:
        """What clients connect to; the same after every restart."""
        return f"{LOOPBACK}:{self._port('broker')}"

    def stop(self) -> None:
        """SIGTERM, and wait until it has ended. Once per machine this also writes the cache for quick starts (6 s)."""
        if self._recording and self.is_running:
            self._progress("Stopping Kafka, and preparing quicker starts (once)")
        super().stop()

    def _prepare(self) -> Sequence[str]:
        jars = class_path(self._progress)
        cache = aot_cache(kafka_dir(), jars)
        self._configure()
        self._format_once(jars, cache)
        return [*java(jars, self._start_option(cache), *self._logging()), "kafka.Kafka", str(self._properties_file)]

    def _start_option(self, cache: Path) -> str:
        if cache.exists():
            return f"-XX:AOTCache={cache}"
        self._recording = Recording(cache)
        return self._recording.option

    def _logging(self) -> tuple[str, str]:
        return f"-Dlog4j2.configurationFile={LOGGING.as_uri()}", f"-Dbedstream.logs={self.logs}"

    def _configure(self) -> None:
        text = server_properties(self._data, self._port("broker"), self._port("controller"), self._extra)
        write_private(self._properties_file, text)

    def _format_once(self, jars: Sequence[Path], cache: Path) -> None:
        if (self._data / "meta.properties").exists():
            return
        self._progress("Preparing Kafka's data directory")
        private_dir(self._data)
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        quick = [f"-XX:AOTCache={cache}"] if cache.exists() else []
        command = java(jars, *quick, *self._logging())
        # With "=": one id in 64 begins with a dash.
        arguments = ["format", f"--cluster-id={cluster}", "-c", str(self._properties_file)]
        try:
            subprocess.run(
                leashed([*command, "kafka.tools.StorageTool", *arguments]),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=True,
                timeout=FORMAT_SECONDS,
                env=inherited_environment(),
                start_new_session=True,
            )
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            raise EmbeddedError(
                f"Kafka could not prepare {self._data}: make sure that there is space and that you may write there.\n"
                f"{error.output or error}"
            ) from None  # whose text is a command line of 4,000 characters

    def _ended(self, *, by_itself: bool) -> None:
        if self._recording:
            self._recording.finish(good=by_itself)
            self._recording = None

    def _answers(self) -> bool:
        return kafka_answers(self._port("broker"))

    def _stop_seconds(self) -> float:
        return 90.0 if self._recording else 30.0

    @property
    def _properties_file(self) -> Path:
        return self.directory / "server.properties"
