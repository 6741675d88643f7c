"""Ports that a home keeps, so that addresses survive a restart."""

import json
import random
import socket
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from engine.embedded.errors import EmbeddedError
from engine.embedded.files import write_private

LOOPBACK = "127.0.0.1"
# Below the ranges from which Linux (32768) and macOS (49152) take the ports of outgoing connections: there, a client
# that reconnects to a stopped service can be given that very port, connect to itself, and keep the service out.
CANDIDATES = range(20_000, 30_000)


def kept_ports(file: Path, names: Sequence[str]) -> dict[str, int]:
    """The ports noted in `file`; the first time, free ones are picked and noted."""
    if file.exists():
        ports: dict[str, int] = json.loads(file.read_text())
        return ports
    ports = dict(zip(names, _pick_free(len(names)), strict=True))
    write_private(file, json.dumps(ports))
    return ports


def refuse_taken(ports: dict[str, int], file: Path) -> None:
    """Say so in one sentence if another program listens on one of `ports`."""
    for name, port in ports.items():
        if not _is_free(port):
            raise EmbeddedError(
                f"Port {port}, kept for the {name} of {file.parent}, is taken by another program: "
                f"stop that program, or delete {file} to have a new port picked."
            )


def accepts_connections(port: int) -> bool:
    """Whether something listens on `port`: a cheap look before a client library is asked to connect."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((LOOPBACK, port)) == 0


def free_port() -> int:
    """A port nobody listens on now, for a server that is about to start."""
    return _pick_free(1)[0]


def _pick_free(count: int) -> list[int]:
    picked: list[int] = []
    with ExitStack() as held:  # hold each until all are found, lest one be picked twice
        for port in random.sample(CANDIDATES, len(CANDIDATES)):
            probe = held.enter_context(socket.socket())
            if len(picked) < count and _bind(probe, port):
                picked.append(port)
            if len(picked) == count:
                return picked
    raise EmbeddedError(f"No free port between {CANDIDATES.start} and {CANDIDATES.stop}: stop some programs first.")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return _bind(probe, port)


def _bind(probe: socket.socket, port: int) -> bool:
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections that are closing do not count as taken
    try:
        probe.bind((LOOPBACK, port))
    except OSError:
        return False
    return True
