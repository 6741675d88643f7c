"""Processes die, leave and come back; afterwards ledger = Redis = one fold of the topic. Says how long it took."""

from __future__ import annotations

import time
from collections.abc import Iterator
from random import Random

import pytest

from engine.core.topics import BED_ASSIGNMENTS
from engine.embedded.stack import EmbeddedStack
from engine.settings import Settings
from tests.faults.rig import Rig

pytestmark = [pytest.mark.faults, pytest.mark.timeout(150)]
OPEN = "the lane is open"


@pytest.fixture(scope="module")
def one_rig(prepared, tmp_path_factory) -> Iterator[Rig]:
    home = tmp_path_factory.mktemp("faults")
    with EmbeddedStack(home / "stack") as stack:
        yield Rig(stack, home)


@pytest.fixture
def rig(one_rig: Rig) -> Rig:
    """The same stack for all, whatever the case before has left it in."""
    one_rig.stack.start()
    return one_rig


@pytest.fixture
def tells(capsys):
    """Prints a measurement past pytest's capture: it goes into docs/delivery.md."""

    def tell(what: str, seconds: float) -> None:
        with capsys.disabled():
            print(f"\n    {what}: {seconds:.1f} s")

    return tell


def test_a_worker_killed_in_the_middle_of_batches_is_started_again(rig, tells):
    random = Random(1)
    with rig.worker() as worker, rig.publishing():
        rig.until_decided(rig.decided())
        for number in range(2):
            time.sleep(random.uniform(0.0, 1.5))
            worker.kill_child()
            time.sleep(0.3)
            tells(f"kill -9 of a worker, {number + 1}", 0.3 + rig.until_decided(rig.decided()))
        assert worker.log.count(OPEN) == 3
        rig.until_acknowledged()
    rig.prove()


def test_valkey_is_killed_and_comes_back(rig, tells):
    with rig.worker() as worker, rig.publishing():
        rig.until_decided(rig.decided())
        for _ in range(2):
            time.sleep(0.7)
            pauses = worker.log.count("the lane is paused")
            rig.stack.valkey.kill()
            worker.until_said("the lane is paused", pauses + 1)
            rig.stack.valkey.start()
            tells("kill -9 of Valkey, once it is back", rig.until_decided(rig.decided()))
        rig.until_acknowledged()
        assert len(worker.children()) == 1
        assert worker.log.count(OPEN) == 1, "the worker itself goes on"
    rig.prove()


def test_kafka_is_killed_and_comes_back(rig, tells):
    with rig.worker() as worker, rig.publishing():
        before = rig.until_decided(rig.decided())
        time.sleep(1.0)
        rig.stack.kafka.kill()
        rig.stack.kafka.start()
        before = rig.decided()
        tells("kill -9 of Kafka, once it is back", rig.until_decided(before))
        rig.until_acknowledged()
        assert worker.log.count(OPEN) >= 1
    rig.prove()


def test_a_second_worker_joins_and_leaves(rig, tells):
    with rig.worker() as first, rig.publishing():
        rig.until_decided(rig.decided())
        with rig.worker() as second:
            second.until_said(OPEN)
            time.sleep(3.0)
            tells("a worker that leaves, until it has left", second.end())
        assert second.process.returncode == 0
        tells("a worker that leaves, until the other decides", rig.until_decided(rig.decided()))
        with rig.worker("--alone") as third:
            third.until_said(OPEN)
            time.sleep(2.0)
            third.kill()
        rig.until_acknowledged()
        assert first.log.count(OPEN) == 1
    rig.prove()


def test_a_redis_that_lost_everything_is_rebuilt_from_the_ledger(rig, tells):
    events = rig.life(1500)
    with rig.worker():
        rig.publish(events[:1000])
        rig.until_acknowledged()
    rig.stack.valkey.stop()
    rig.stack.valkey.wipe()
    rig.stack.valkey.start()
    began = time.monotonic()
    with rig.worker():
        rig.publish(events[1000:])
        rig.until_acknowledged()
        tells("an empty Redis at the start: all houses rebuilt, 500 events decided", time.monotonic() - began)
        rig.stack.valkey.kill()
        rig.stack.valkey.wipe()
        rig.stack.valkey.start()
        began, before = time.monotonic(), rig.decided()
        rig.publish(touch_all(rig))
        rig.until_acknowledged()
        assert rig.decided() > before
        tells("a Redis that loses everything under a running worker", time.monotonic() - began)
    rig.prove()


def touch_all(rig: Rig) -> list:
    """One event for every house there is: each is rebuilt with its next event."""
    from engine.core.events import TimePassed
    from tests.lane.kit import BEGAN

    houses = sorted({one.key.decode() for one in rig.read(BED_ASSIGNMENTS)})
    stamp = time.monotonic_ns()
    return [TimePassed(event_id=f"touch-{stamp}", facility=house, at=BEGAN, source="test") for house in houses]


def test_what_cannot_be_read_is_refused_and_the_lane_goes_on(rig):
    with rig.worker() as worker:
        rig.publish_raw(None, b"H1-0", 0)
        rig.publish_raw(b"", None, 1)
        rig.publish_raw(b"{", b"H1-0", 2)
        rig.publish_raw(b"x" * 2_000_000, b"H1-0", 3)
        rig.publish(rig.life(50))
        rig.until_acknowledged()
        assert worker.log.count("rejected an event") >= 4
        assert len(worker.children()) == 1
        assert worker.log.count(OPEN) == 1
    rig.prove()


def test_sigterm_drains_in_seconds_even_while_redis_is_away(rig, tells):
    with rig.worker() as worker, rig.publishing():
        rig.until_decided(rig.decided())
        tells("SIGTERM under load", worker.end())
        assert worker.process.returncode == 0
    with rig.worker() as worker:
        worker.until_said(OPEN)
        rig.until_acknowledged()
        rig.stack.valkey.kill()
        rig.publish(rig.life(50))
        worker.until_said("the lane is paused")
        seconds = worker.end()
        tells("SIGTERM while Redis is away", seconds)
        assert seconds < 10
        assert worker.process.returncode == 0
        rig.stack.valkey.start()
    with rig.worker():
        rig.until_acknowledged()
    rig.prove()


@pytest.mark.parametrize(
    ("settings", "status", "sentence"),
    [
        ({"kafka_bootstrap": "127.0.0.1:1"}, 1, "Kafka does not answer at 127.0.0.1:1"),
        ({"redis_url": "redis://127.0.0.1:1/0"}, 1, "Redis does not answer"),
        ({"redis_url": "wrong password"}, 2, "Redis refuses the user or the password"),
        ({"maps": "/nowhere.toml"}, 2, "/nowhere.toml"),
    ],
    ids=["Kafka away", "Redis away", "wrong password", "no map"],
)
def test_a_worker_that_cannot_start_says_why_in_one_sentence(rig, settings, status, sentence):
    if settings.get("redis_url") == "wrong password":
        settings = {"redis_url": f"redis://engine:wrong@127.0.0.1:{rig.stack.valkey.port}/0"}
    with rig.worker("--alone", **settings) as worker:
        assert worker.process.wait(30) == status
        assert sentence in worker.log
        assert len(worker.log.strip().splitlines()) == 1
        assert "Traceback" not in worker.log


def test_a_worker_without_topics_says_how_to_make_them(prepared, tmp_path):
    with EmbeddedStack(tmp_path / "bare") as stack:
        rig = Rig.__new__(Rig)
        rig.home, rig.settings = (
            tmp_path,
            Settings(kafka_bootstrap=stack.kafka.bootstrap_servers, redis_url=stack.valkey.url),
        )
        with rig.worker() as worker:
            assert worker.process.wait(30) == 2
            assert "topic adt.events is missing" in worker.log
