"""valkey.conf: durable, private, and with no more rights for anyone than their work needs."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

# Rights by user. `engine` does everything to data but nothing to the server: @dangerous holds FLUSHALL, CONFIG,
# SHUTDOWN, KEYS and the like. `reader` sees every key, changes none, and may read several at one moment (MULTI).
RIGHTS = {
    "engine": "~* &* +@all -@admin -@dangerous",
    "reader": "%R~* resetchannels -@all +@read +@connection +multi +exec +discard +watch +unwatch -@dangerous",
}


def valkey_conf(data: Path, port: int, log: Path, passwords: Mapping[str, str]) -> str:
    """The file's text. It holds hashes of the passwords, not the passwords."""
    users = [f"user {name} on #{_hash(passwords[name])} {rights}" for name, rights in RIGHTS.items()]
    return "\n".join([*_server(data, port, log), *_durability(), "user default off resetpass", *users, ""])


def _server(data: Path, port: int, log: Path) -> list[str]:
    return [
        "bind 127.0.0.1",
        f"port {port}",
        "protected-mode yes",
        "daemonize no",
        f"dir {_quoted(data)}",
        f"logfile {_quoted(log)}",
        "enable-debug-command no",
        "enable-module-command no",
        "enable-protected-configs no",
    ]


def _durability() -> list[str]:
    return [
        "appendonly yes",
        "appendfsync always",  # `everysec` lost thousands of acknowledged writes in one kill; this lost none
        'save ""',
        "maxmemory-policy noeviction",
    ]


def _hash(password: str) -> str:
    return hashlib.sha256(password.encode()).hexdigest()


def _quoted(path: Path) -> str:
    escaped = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
