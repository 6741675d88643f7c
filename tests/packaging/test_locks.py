"""The locks: one set of versions, each with its hashes, and no word of where packages come from."""

import re
from pathlib import Path

import pytest

LOCKS = Path(__file__).parents[2] / "requirements"
NAMES = ("dev", "runtime", "build")


def pins(name: str) -> dict[str, str]:
    """Requirement line → its hashes."""
    text = (LOCKS / f"{name}.lock").read_text(encoding="utf-8").replace("\\\n", " ")
    return dict(re.findall(r"^(\S+==\S+)(.*)$", text, re.MULTILINE))


@pytest.mark.parametrize("name", NAMES)
def test_every_pin_has_its_hashes(name: str) -> None:
    assert pins(name)
    assert all("--hash=sha256:" in rest for rest in pins(name).values())


@pytest.mark.parametrize("name", NAMES)
def test_no_lock_names_an_index(name: str) -> None:
    assert "://" not in (LOCKS / f"{name}.lock").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["runtime", "build"])
def test_what_is_installed_elsewhere_is_what_was_tested_here(name: str) -> None:
    assert pins(name).items() <= pins("dev").items()


def test_the_image_installs_no_development_tools() -> None:
    assert not {"pytest", "mypy", "ruff"} & {pin.split("==")[0] for pin in pins("runtime")}
