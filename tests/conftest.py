"""A real Kafka and a real Valkey for every test that wants them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.embedded.fetch import prepare
from engine.embedded.stack import EmbeddedStack


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "faults: kills real processes and measures how long the rest needs to recover")


@pytest.fixture(scope="session")
def prepared() -> None:
    """Kafka's jars and start-up cache are there (`make setup` has seen to it; a bare pytest waits here, once)."""
    prepare(print)


@pytest.fixture(scope="session")
def stack(prepared: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedStack]:
    """One stack for the whole session: use your own topics, keys and groups, and leave it running."""
    with EmbeddedStack(tmp_path_factory.mktemp("stack")) as running:
        yield running


@pytest.fixture
def own_stack(prepared: None, tmp_path: Path) -> Iterator[EmbeddedStack]:
    """A stack of the test's own, to stop and kill."""
    with EmbeddedStack(tmp_path / "home") as running:
        yield running
