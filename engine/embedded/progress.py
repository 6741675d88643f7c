"""How the embedded services tell a person what they are waiting for."""

from collections.abc import Callable

Progress = Callable[[str], None]
"""Takes one short line at a time; always called from the thread that asked for the work."""


def silent(_line: str) -> None:
    """The default: say nothing."""
