"""The planner's own process, and the service that decides when to plan: real children, no framework."""

import asyncio
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from engine.adapters.planner import PlanningService
from engine.adapters.planner_job import decode_plan, encode_snapshot
from engine.adapters.planner_pool import PlannerPool, PlanTimedOutError
from engine.core import events as e
from engine.core.census import Census
from engine.core.layout import layout_for_beds
from engine.core.ledger import Arrival, Opening, Position, apply_record, step
from engine.core.policy import Policy

DAWN = datetime(2026, 3, 2, 6, tzinfo=UTC)


def a_house(facility="H", minutes=0):
    census = Census(facility)
    house = layout_for_beds(facility, 20)
    pass_time(census, minutes, Opening(house, Policy(), "none"))
    return census


def pass_time(census, minutes, opening=None):
    at = DAWN + timedelta(minutes=minutes)
    event = e.TimePassed(event_id=f"t{minutes}", facility=census.facility_id, at=at, source="test")
    position = Position("t", 0, minutes)
    apply_record(census, step(census, Arrival(event, position, at), {}, opening))


class Seen:
    """An observer that writes down what it is told."""

    def __init__(self):
        self.done, self.failed, self.coalesced = [], [], 0

    def plan_done(self, message):
        self.done.append(message.plan_id)

    def plan_failed(self, facility, reason):
        self.failed.append((facility, reason))

    def plan_coalesced(self, facility, runs):
        self.coalesced += runs


class InThisProcess:
    """A planner without a child."""

    async def plan(self, snapshot, seed, deadline_seconds):
        from engine.adapters import planner_job

        return planner_job.plan(snapshot, seed, 0.0)


class AlwaysFails:
    async def plan(self, snapshot, seed, deadline_seconds):
        raise PlanTimedOutError("too slow")


def a_service(census, planner):
    seen, published = Seen(), []

    async def publish(facility, raw):
        published.append((facility, raw))

    service = PlanningService(lambda: [(census.facility_id, census)], planner, publish, seen, poll_seconds=0.01)
    return service, seen, published


def test_a_killed_solver_process_is_replaced_and_the_next_plan_succeeds():
    async def story():
        pool, snapshot = PlannerPool(), encode_snapshot(a_house())
        try:
            first = await pool.plan(snapshot, 1, 1.0)
            (child,) = pool.process_ids
            os.kill(child, signal.SIGKILL)
            second = await pool.plan(snapshot, 1, 1.0)
            assert pool.process_ids != [child]
            return decode_plan(first).plan_id, decode_plan(second).plan_id
        finally:
            pool.close()

    assert asyncio.run(story()) == ("H-1", "H-1")


def test_a_house_that_cannot_be_planned_fails_alone_and_leaves_the_process_alive():
    async def story():
        pool = PlannerPool()
        try:
            with pytest.raises(ValueError, match="no map"):
                await pool.plan(encode_snapshot(Census("H")), 1, 1.0)
            (child,) = pool.process_ids
            await pool.plan(encode_snapshot(a_house()), 1, 1.0)
            return pool.process_ids == [child]
        finally:
            pool.close()

    assert asyncio.run(story())


def test_a_solver_that_runs_far_past_its_deadline_is_ended():
    async def story():
        pool = PlannerPool(grace_seconds=0.0)
        with pytest.raises(PlanTimedOutError):
            await pool.plan(encode_snapshot(a_house()), 1, 0.0)
        return pool.process_ids

    assert asyncio.run(story()) == []


PARENT = """
import asyncio, time
from engine.adapters.planner_job import encode_snapshot
from engine.adapters.planner_pool import PlannerPool
from engine.core.census import Census

if __name__ == "__main__":
    pool = PlannerPool()
    try:
        asyncio.run(pool.plan(encode_snapshot(Census("H")), 1, 1.0))
    except ValueError:
        print(pool.process_ids[0], flush=True)
    time.sleep(60)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ties a child's life to its parent's")
def test_the_solver_process_dies_with_its_worker(tmp_path):
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, env=environment, text=True) as worker:
        child = int(worker.stdout.readline())
        worker.kill()
    end = time.monotonic() + 5
    while _is_running(child) and time.monotonic() < end:
        time.sleep(0.02)
    assert not _is_running(child)


def _is_running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_the_solver_process_loads_no_streaming_framework():
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        loaded = pool.submit(_modules_of_the_job).result()
    assert not {"faust", "mode", "aiokafka", "kafka", "redis", "xgboost", "sklearn"} & loaded


def _modules_of_the_job():
    from engine.adapters import planner_job

    assert planner_job
    return {name.partition(".")[0] for name in sys.modules}


def test_runs_that_fall_due_while_none_could_be_made_become_one_and_are_counted():
    census = a_house()
    service, seen, published = a_service(census, InThisProcess())
    asyncio.run(service.plan_what_is_due())
    for minutes in (10, 16, 50):
        pass_time(census, minutes)
        asyncio.run(service.plan_what_is_due())
    assert seen.done == ["H-1", "H-3", "H-4"]
    assert seen.coalesced == 1
    assert [facility for facility, _ in published] == ["H"] * 3
    assert all(sooner < later for sooner, later in pairwise(seen.done))


def test_a_plan_can_be_asked_for_before_it_is_due():
    census = a_house()
    service, seen, _ = a_service(census, InThisProcess())
    asyncio.run(service.plan_what_is_due())
    service.request("H")
    asyncio.run(service.plan_what_is_due())
    assert seen.done == ["H-1", "H-1"]


def test_a_failed_plan_is_counted_and_the_service_goes_on():
    async def story():
        census = a_house()
        service, seen, published = a_service(census, AlwaysFails())
        task = asyncio.create_task(service.run())
        await asyncio.sleep(0.05)
        pass_time(census, 20)
        await asyncio.sleep(0.05)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return seen.failed, published, task.cancelled()

    failed, published, cancelled = asyncio.run(story())
    assert failed == [("H", "PlanTimedOutError")] * 2
    assert (published, cancelled) == ([], True)
