"""The README runs: its commands are executed, in a short form, and what it names is there."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from engine.cli import COMMANDS
from tests.command_line import bedstream, environment, started, wait_for

ROOT = Path(__file__).parents[2]
EXPORT = ROOT.parent / "shared" / "data" / "sparcs" / "western_ny_2016.csv.gz"
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS: list[str] = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
LINES = [line for block in BLOCKS for line in block.splitlines() if line.strip()]

pytestmark = pytest.mark.usefixtures("prepared")


def block_with(words: str) -> str:
    (found,) = [block for block in BLOCKS if words in block]
    return found


def run(script: str, directory: Path, seconds: float = 150) -> str:
    """As a newcomer's shell would, stopping at what fails; what it printed."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=directory,
        env={**environment(), "PATH": path},
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_it_opens_with_what_it_is_a_picture_and_the_two_commands() -> None:
    opening = README.split("## ")[0]
    assert "![" in opening
    assert BLOCKS[:2] == ["make demo\n", "make test\n"]
    assert all(block in opening for block in BLOCKS[:2])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_that_is_linked_is_there(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8"))
    assert [one for one in links if "://" not in one and not (page.parent / one).exists()] == []


def test_every_line_is_a_command_that_another_test_here_runs_or_asks_for_help() -> None:
    assert [
        line for line in LINES if not re.match(r"make (demo|test)$|bedstream \w+|\. \.bedstream/up/environment", line)
    ] == []


@pytest.mark.parametrize("name", sorted({*re.findall(r"`bedstream (\w+)", README), *COMMANDS} - {"feed"}))
def test_every_command_exists_and_is_in_the_table(name: str) -> None:
    assert f"| `bedstream {name}` |" in README
    assert bedstream(name, "--help").returncode == 0


def test_the_options_that_are_named_exist() -> None:
    helps = "".join(
        bedstream(name, "--help").stdout for name in ("demo", "replay", "simulate", "layout", "topics", "worker")
    )
    for option in set(re.findall(r"(?<=[ `])--\w[\w-]*", README)) - {"--raw"}:
        assert option in helps, option


def test_make_demo_in_short_form(tmp_path: Path) -> None:
    """`-o`: the environment is there, this test runs in it."""
    short = f"--days 1 --seconds 0 --map builtin:60 --home {tmp_path}/home"
    assert "The house" in run(f"make -C {ROOT} -o .make/kafka demo ARGS='{short}'", tmp_path)


def test_make_test_is_what_ci_runs() -> None:
    dry = run("make -n -o .make/kafka test", ROOT)
    assert all(tool in dry for tool in ("ruff check", "ruff format --check", "mypy --strict", "lint-imports", "pytest"))
    assert "make test" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_the_other_demo(tmp_path: Path) -> None:
    assert "The house" in run(block_with("--no-answers"), tmp_path)


def test_a_hospital_of_ones_own(tmp_path: Path) -> None:
    said = run(block_with("bedstream layout --beds 120"), tmp_path)
    assert "120 beds" in said
    assert "The house" in said


def test_events_of_ones_own(tmp_path: Path) -> None:
    log = tmp_path / "up.log"
    with started("up", log=log, directory=tmp_path):
        wait_for(lambda: "Running until" in log.read_text(), 60, "the engine is up")
        said = run(block_with("bedstream simulate"), tmp_path)
    assert "beds given" in said
    assert "adt.events" in said


@pytest.mark.skipif(not EXPORT.exists(), reason=f"the SPARCS export is not here: {EXPORT}")
def test_a_replay_to_a_file(tmp_path: Path) -> None:
    """The shortest of the three; the others need `bedstream up`, and test_replay_end_to_end has it."""
    (tmp_path / EXPORT.name).symlink_to(EXPORT)
    said = run(block_with("bedstream replay").splitlines()[-1], tmp_path)
    assert "beds given" in said
    assert (tmp_path / "events.jsonl.gz").stat().st_size > 0
