"""Only the jars that were locked get onto Kafka's class path, and they are downloaded once."""

import shutil
from pathlib import Path

import pytest

from engine.embedded.errors import EmbeddedError
from engine.embedded.jars import class_path, kafka_dir


@pytest.fixture
def jars(prepared: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the downloaded jars in a cache of the test's own, and no network."""
    original = kafka_dir() / "jars"
    monkeypatch.setenv("BEDSTREAM_CACHE", str(tmp_path))
    for variable in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(variable, "http://127.0.0.1:9")
    return Path(shutil.copytree(original, kafka_dir() / "jars"))


def test_with_the_jars_there_no_network_is_needed(jars: Path) -> None:
    assert {path.parent for path in class_path()} == {jars}


def test_a_tampered_jar_is_refused(jars: Path) -> None:
    victim = jars / "kafka-clients-4.1.1.jar"
    victim.write_bytes(victim.read_bytes() + b"\0")
    with pytest.raises(EmbeddedError, match="sha256 differs"):
        class_path()


def test_a_jar_that_is_not_locked_is_ignored(jars: Path) -> None:
    (jars / "stowaway.jar").write_bytes(b"")
    assert "stowaway.jar" not in {path.name for path in class_path()}


def test_without_jars_and_network_it_says_what_to_do(jars: Path) -> None:
    (jars / "kafka-clients-4.1.1.jar").unlink()
    with pytest.raises(EmbeddedError, match="check the network"):
        class_path()
    assert not list(jars.glob("*/"))
