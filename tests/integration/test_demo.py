"""`bedstream demo` as a newcomer runs it, in a short form."""

import signal
import sys
import time
from pathlib import Path

import pytest

from tests.command_line import bedstream, block, descendants, is_running, started, wait_for

SHORT = ("demo", "--days", 1, "--seconds", 0, "--map", "builtin:60")
END_WITHIN_SECONDS = 20.0

pytestmark = pytest.mark.usefixtures("prepared")


def figures(table: str) -> dict[str, float]:
    rows = [line.split(" | ") for line in table.splitlines()]
    return {words: float(value.replace(",", "")) for words, value in rows}


def test_the_same_seed_gives_the_same_house(tmp_path: Path) -> None:
    runs = [bedstream(*SHORT, "--no-answers", "--home", tmp_path / name) for name in ("first", "second")]
    assert [run.returncode for run in runs] == [0, 0], runs[0].stderr + runs[1].stderr
    first, second = (block("The house", run.stdout) for run in runs)
    assert first == second
    assert figures(first)["beds given"] > 0
    assert figures(first)["contradictions recorded"] == 0


def test_the_simulated_bed_manager_answers_what_the_planner_suggests(tmp_path: Path) -> None:
    run = bedstream(*SHORT, "--map", "builtin:300", "--home", tmp_path / "home")
    assert run.returncode == 0, run.stderr
    planner = figures(block("The planner", run.stdout))
    assert planner["planner runs"] > 0
    assert 0 < planner["answered"] <= planner["suggestions"]
    assert planner["accepted and carried out"] <= planner["answered"]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc to find what the demo started")
def test_sigterm_in_the_middle_leaves_no_process(tmp_path: Path) -> None:
    log = tmp_path / "demo.log"
    with started("demo", "--days", 60, "--seconds", 600, "--home", tmp_path / "home", log=log) as demo:
        wait_for(lambda: "seed 1" in log.read_text(), 60, "the demo begins")
        time.sleep(3)
        assert demo.poll() is None, log.read_text()
        below = descendants(demo.pid)
        assert len(below) >= 4, "Kafka, Valkey, the supervisor, a worker"
        began = time.monotonic()
        demo.send_signal(signal.SIGTERM)
        demo.wait(END_WITHIN_SECONDS)
        wait_for(lambda: not any(map(is_running, below)), 5, "what it started has ended")
        assert time.monotonic() - began < END_WITHIN_SECONDS
    assert "Traceback" not in log.read_text()


def test_a_second_demo_on_the_same_home_is_refused_in_one_sentence(tmp_path: Path) -> None:
    log, home = tmp_path / "demo.log", tmp_path / "home"
    with started("demo", "--days", 60, "--seconds", 600, "--home", home, log=log) as demo:
        wait_for(lambda: "Starting a worker" in log.read_text(), 60, "the first demo is up")
        second = bedstream(*SHORT, "--home", home)
        assert demo.poll() is None, "the first one goes on"
    assert second.returncode == 2
    assert str(home) in second.stderr
    assert len(second.stderr.strip().splitlines()) == 1
