"""Random passwords, made once per data directory and kept where only its owner can read them."""

import json
import secrets
from collections.abc import Iterable
from pathlib import Path

from engine.embedded.files import write_private

ENTROPY_BYTES = 32


def kept_passwords(file: Path, users: Iterable[str]) -> dict[str, str]:
    """The passwords in `file`; the first time they are made. They need no escaping in a URL."""
    if not file.exists():
        write_private(file, json.dumps({user: secrets.token_urlsafe(ENTROPY_BYTES) for user in users}))
    passwords: dict[str, str] = json.loads(file.read_text())
    return passwords
