"""The wheel is whole: unpacked it has every file, and installed elsewhere it runs the demo."""

import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from tests.command_line import environment

ROOT = Path(__file__).parents[2]
PACKAGES = ("engine", "producers", "model_store")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(target)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (built,) = target.glob("*.whl")
    return built


def files_of_the_checkout() -> set[str]:
    files = (file for package in PACKAGES for file in (ROOT / package).rglob("*") if file.is_file())
    return {str(file.relative_to(ROOT)) for file in files if "__pycache__" not in file.parts}


@pytest.fixture(scope="module")
def elsewhere(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel in it; its dependencies come from this one, whose checkout it does not see."""
    home = tmp_path_factory.mktemp("elsewhere") / "venv"
    venv.create(home, with_pip=False, symlinks=True)
    packages = next(home.glob("lib/python*/site-packages"))
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(home / "bin" / "python")),
            *("install", "--quiet", "--no-deps", "--no-index", str(wheel)),
        ],
        check=True,
    )
    # A .pth that only names a directory adds it behind the wheel's own, and does not read the .pth files in it: the
    # editable install of the checkout is one of those.
    (packages / "dependencies.pth").write_text(f"{next(Path(sys.prefix).glob('lib/python*/site-packages'))}\n")
    return home


def test_the_wheel_has_every_file_of_the_packages(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as unpacked:
        names = set(unpacked.namelist())
    assert {name for name in names if name.split("/")[0] in PACKAGES} == files_of_the_checkout()
    assert {Path(name).suffix for name in names} >= {".lua", ".toml", ".json", ".lock", ".properties", ".py"}
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_the_installed_engine_is_the_one_from_the_wheel(elsewhere: Path, tmp_path: Path) -> None:
    where = "import engine, producers; print(engine.__file__, producers.__file__)"
    run = in_environment(elsewhere, tmp_path, "python", "-c", where)
    assert run.returncode == 0, run.stderr
    assert all(Path(name).is_relative_to(elsewhere) for name in run.stdout.split())


@pytest.mark.usefixtures("prepared")
def test_the_demo_runs_outside_the_checkout(elsewhere: Path, tmp_path: Path) -> None:
    run = in_environment(
        elsewhere, tmp_path, "bedstream", "demo", "--days", "1", "--seconds", "0", "--map", "builtin:60"
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "The house" in run.stdout
    assert str(ROOT / "engine") not in run.stdout + run.stderr


def in_environment(home: Path, directory: Path, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(home / "bin" / program), *arguments],
        cwd=directory,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
