"""What the embedded services have in common: one child process, its directory, its ports, its readiness."""

import shutil
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

from engine.embedded import leftover
from engine.embedded.child import Child
from engine.embedded.errors import EmbeddedError
from engine.embedded.files import Claim, private_dir
from engine.embedded.logs import last_lines
from engine.embedded.ports import kept_ports, refuse_taken
from engine.embedded.progress import Progress, silent

POLL_SECONDS = 0.03


class Service(ABC):
    """A server that runs as our child on loopback, with everything it owns under `home`.

    It ends with the *thread* that started it (Linux; see leash.py): start it from one that lives as long as it should.
    Not for use from several threads at once.
    """

    name: ClassVar[str]
    port_names: ClassVar[Sequence[str]]
    ready_seconds: ClassVar[float] = 60.0

    def __init__(self, home: Path, progress: Progress = silent) -> None:
        """Only notes where things will be; nothing is read or written before the first start."""
        home = home.expanduser().resolve()
        self.directory = home / self.name.lower()
        self.logs = home / "logs"
        self._progress = progress
        self._claim: Claim | None = None
        self._child: Child | None = None
        self._launched = 0.0
        self._ports: dict[str, int] = {}

    def __enter__(self) -> Self:
        """Start, and be ready."""
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Stop, and let others use the directory."""
        self.close()

    @property
    def is_running(self) -> bool:
        """Whether the child process is there (it may not be ready yet)."""
        return self._child is not None and self._child.exit_code is None

    @property
    def pid(self) -> int | None:
        """The child's process id, None while stopped."""
        return self._child.pid if self._child and self.is_running else None

    def start(self) -> None:
        """Start on the same ports and data as before and wait until it answers. Nothing to do if it runs."""
        self.launch()
        self.await_ready()

    def launch(self) -> None:
        """The first half of `start`: returns while the child is still getting ready."""
        if self.is_running:
            return
        self.claim()
        leftover.end_leftover(self._note)
        refuse_taken(self._ports, self._ports_file)
        self._launched = time.monotonic()
        command = self._prepare()
        self._progress(f"Starting {self.name}")
        self._child = Child(command, private_dir(self.logs) / f"{self.name.lower()}.out")
        leftover.note(self._note, self._child.pid)

    def await_ready(self) -> None:
        """The second half of `start`: wait until a real request is answered, or raise with the last log lines."""
        deadline = self._launched + self.ready_seconds
        while not self._answers():
            if not self.is_running:
                raise self._failed("stopped while it was starting")
            if time.monotonic() > deadline:
                raise self._failed(f"was not ready within {self.ready_seconds:.0f} s")
            time.sleep(POLL_SECONDS)
        self._progress(f"{self.name} is ready after {time.monotonic() - self._launched:.1f} s")

    def stop(self) -> None:
        """SIGTERM, and wait until it has ended. Data, ports and the claim on the directory stay."""
        if self._child:
            by_itself = self._child.stop(self._stop_seconds())
            self._forget(by_itself=by_itself)

    def kill(self) -> None:
        """SIGKILL, as a crash would; data, ports and the claim on the directory stay."""
        if self._child:
            self._child.kill()
            self._forget(by_itself=False)

    def close(self) -> None:
        """Stop, and let others use the directory."""
        self.stop()
        if self._claim:
            self._claim.release()
            self._claim = None

    def claim(self) -> None:
        """Take the directory for this process (refused if another has it) and read the ports it keeps."""
        if self._claim is None:
            self._claim = Claim.take(self.directory)
            self._ports = kept_ports(self._ports_file, self.port_names)

    def wipe(self) -> None:
        """Remove all data, as a lost disk would; addresses and passwords stay. Only while stopped."""
        if self.is_running:
            raise EmbeddedError(f"{self.name}'s data cannot be wiped while it runs: stop it first.")
        self.claim()
        if self._data.exists():
            shutil.rmtree(self._data)

    @property
    def _data(self) -> Path:
        return self.directory / "data"

    @abstractmethod
    def _prepare(self) -> Sequence[str]:
        """Write the configuration and return the command to run."""

    @abstractmethod
    def _answers(self) -> bool:
        """Whether a real request succeeds now."""

    @abstractmethod
    def _ended(self, *, by_itself: bool) -> None:
        """Deal with what the child was writing when it ended: after a kill it may be half done."""

    def _stop_seconds(self) -> float:
        return 30.0

    def _forget(self, *, by_itself: bool) -> None:
        self._child = None
        self._note.unlink(missing_ok=True)
        self._ended(by_itself=by_itself)

    def _port(self, name: str) -> int:
        if not self._ports:
            raise EmbeddedError(f"{self.name} has no address yet: start it first.")
        return self._ports[name]

    def _failed(self, how: str) -> EmbeddedError:
        lines = last_lines(self.logs.glob(f"{self.name.lower()}.*"))
        return EmbeddedError(
            f"{self.name} {how}: see its last log lines here, and all of them in {self.logs}.\n{lines}"
        )

    @property
    def _note(self) -> Path:
        return self.directory / "process.json"

    @property
    def _ports_file(self) -> Path:
        return self.directory / "ports.json"
