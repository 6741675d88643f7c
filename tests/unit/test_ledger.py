"""One event, one record: versions without gaps, lane time that never runs back, and a window of seen events."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from engine.core import decisions as d
from engine.core import events as e
from engine.core.census import Census
from engine.core.ledger import Arrival, LedgerGap, Opening, Outcome, Position, apply_record, step
from engine.core.policy import Policy
from tests.scenarios.house import HOUSE_ID, START, House, hospital, ward

MAP = hospital(ward("M", 1))


def arrival(event_id: str, offset: int, minutes: float = 0.0) -> Arrival:
    at = START + timedelta(minutes=minutes)
    told = e.TimePassed(event_id=event_id, facility=HOUSE_ID, at=START, source="test")
    return Arrival(told, Position("topic", 3, offset), at)


def test_the_first_record_opens_the_house():
    record = step(Census(HOUSE_ID), arrival("1", 0), {}, Opening(MAP, Policy(), "v1"))
    assert [type(one) for one in record.decisions[:3]] == [d.MapSet, d.PolicySet, d.ModelSet]
    assert (record.version, record.model, record.map_sha256) == (1, "v1", MAP.sha256)


def test_a_record_says_where_the_log_stood():
    house = House(MAP)
    house.request("Ann")
    assert house.census.meta.offset == 0
    assert house.records[-1].position == Position("topic", 0, 0)


def test_a_record_that_does_not_follow_is_a_gap():
    house = House(MAP)
    record = house.request("Ann")
    with pytest.raises(LedgerGap, match="record 3 follows 1"):
        apply_record(house.census, replace(record, version=3))
    with pytest.raises(LedgerGap):
        apply_record(house.census, record)


def test_lane_time_is_the_latest_timestamp_so_far():
    house = House(MAP)
    for offset, minutes in enumerate((0, 30, 10)):
        apply_record(
            house.census, step(house.census, arrival(str(offset), offset, minutes), {}, Opening(MAP, Policy(), "v1"))
        )
    assert house.census.lane_time == START + timedelta(minutes=30)


def remembered(policy: Policy, minutes: list[float]) -> list[str]:
    """Event ids still known after events at these minutes."""
    census = Census(HOUSE_ID)
    for offset, at in enumerate(minutes):
        apply_record(census, step(census, arrival(f"e{offset}", offset, at), {}, Opening(MAP, policy, "v1")))
    assert len(census.seen_log) == len(census.seen)
    return sorted(census.seen)


def test_only_so_many_events_are_remembered():
    assert remembered(Policy(remember_events_at_most=3), [0, 1, 2, 3, 4]) == ["e2", "e3", "e4"]


def test_events_are_remembered_for_so_many_hours_of_lane_time():
    assert remembered(Policy(remember_events_hours=2.0), [0, 60, 119, 181]) == ["e2", "e3"]


def test_the_newest_event_is_always_remembered():
    assert remembered(Policy(remember_events_at_most=0), [0, 1]) == ["e1"]


def test_a_duplicate_is_recorded_but_not_remembered_twice():
    house = House(MAP)
    house.request("Ann", event_id="m1")
    known = dict(house.census.seen.items())
    record = house.request("Ann", event_id="m1")
    assert record.outcome is Outcome.DUPLICATE
    assert record.version == 2
    assert dict(house.census.seen.items()) == known


def test_every_record_names_who_acted():
    house = House(MAP)
    house.lies("Ann", "M1-A")
    house.rejects(house.suggestion("move", ("Ann", "M1-A")))
    assert house.records[-1].actor == "bed manager"


def test_an_empty_ledger_without_a_map_is_not_decided_on():
    with pytest.raises(AssertionError, match="opens its house"):
        step(Census(HOUSE_ID), Arrival(replace(_request()), Position("t", 0, 0), START), {})


def _request() -> e.BedReleased:
    return e.BedReleased(event_id="1", facility=HOUSE_ID, at=START, source="test", bed="M1-A")
