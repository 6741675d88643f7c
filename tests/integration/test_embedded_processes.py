"""Children of a parent that was killed are no burden, neither to the machine nor to the next start."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from engine.embedded import leftover
from engine.embedded.errors import EmbeddedError
from engine.embedded.kafka import EmbeddedKafka
from engine.embedded.stack import EmbeddedStack
from engine.embedded.valkey import EmbeddedValkey

PARENT = """
import sys, time
from pathlib import Path
from engine.embedded.stack import EmbeddedStack
with EmbeddedStack(Path(sys.argv[1])) as stack:
    print(stack.kafka.pid, stack.valkey.pid, flush=True)
    time.sleep(600)
"""


def alive(pid: int) -> bool:
    return leftover.started_at(pid) is not None


@pytest.mark.usefixtures("prepared")
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
def test_children_die_with_a_killed_parent_and_the_home_starts_again(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT, str(tmp_path)], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        assert [os.getsid(pid) for pid in pids] == pids, "Ctrl-C in the terminal would reach them"
        parent.kill()
    with EmbeddedStack(tmp_path) as stack:
        assert stack.valkey.pid not in pids
        assert not any(alive(pid) for pid in pids)


def test_a_leftover_child_is_ended(tmp_path: Path) -> None:
    left = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    leftover.note(tmp_path / "process.json", left.pid)
    leftover.end_leftover(tmp_path / "process.json")
    assert left.wait(5) == -signal.SIGTERM


def test_a_process_that_only_has_the_same_id_is_left_alone(tmp_path: Path) -> None:
    note = tmp_path / "process.json"
    note.write_text(f'{{"pid": {os.getpid()}, "started": "before the last boot"}}')
    leftover.end_leftover(note)
    assert not note.exists()


def test_a_taken_port_is_named_with_what_to_do(tmp_path: Path) -> None:
    with EmbeddedValkey(tmp_path) as valkey:
        port = valkey.port
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        with pytest.raises(EmbeddedError, match=rf"Port {port}.*delete .*ports\.json"):
            EmbeddedValkey(tmp_path).start()


@pytest.mark.usefixtures("prepared")
def test_a_broken_setting_is_reported_with_the_log(tmp_path: Path) -> None:
    began = time.monotonic()
    with EmbeddedKafka(tmp_path):
        pass  # formatted with good settings
    with pytest.raises(EmbeddedError, match=r"(?s)stopped while it was starting.*process\.roles"):
        EmbeddedKafka(tmp_path, properties={"process.roles": "bystander"}).start()
    assert time.monotonic() - began < 30
