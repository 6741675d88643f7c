"""Bytes in, events out; and for every kind of bad bytes one sentence that says what to mend, without the patient."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from engine.core import events as e
from engine.core.codec import (
    WireError,
    decode_event,
    decode_record,
    decode_suggestion,
    encode_event,
    encode_record,
    encode_suggestion,
)
from engine.core.errors import BadInput
from tests.scenarios.house import House, hospital, needs, ward

GOOD = {
    "type": "PlacementRequested",
    "event_id": "1",
    "facility": "STM",
    "at": "2026-01-05T08:00:00Z",
    "source": "hl7",
    "visit": "Ann",
    "needs": {"service": "medicine"},
}


def raw(**changes: object) -> bytes:
    """A good event with some fields changed; None takes the field away."""
    return json.dumps({key: value for key, value in {**GOOD, **changes}.items() if value is not None}).encode()


def test_a_good_event_is_read():
    event = decode_event(raw())
    assert isinstance(event, e.PlacementRequested)
    assert event.at == datetime(2026, 1, 5, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (None, "no value"),
        (b"", "no value"),
        (b"\xff\xfe", "not JSON"),
        (b"MSH|^~\\&|", "not JSON"),
        (raw()[:-5], "not JSON"),
        (b"[]", "does not fit"),
        (b"null", "does not fit"),
        (raw(type="BedTeleported"), "BedTeleported"),
        (raw(type=None), "missing required field `type`"),
        (raw(visit=None), "missing required field `visit`"),
        (raw(visit=7), "Expected `str`"),
        (raw(needs={"service": "medicine", "level": 9}), "$.needs.level"),
        (raw(at="2026-01-05T08:00:00"), "timezone"),
        (raw(at="yesterday"), "RFC3339"),
        (raw(at="0026-01-05T08:00:00Z"), "year 26"),
        (raw(at="9999-12-31T23:59:59Z"), "year 9999"),
        (raw(source="x" * 2_000_000), "at most 900000"),
    ],
)
def test_bad_bytes_get_one_clear_sentence(bad: bytes | None, says: str):
    with pytest.raises(WireError) as refused:
        decode_event(bad)
    told = str(refused.value)
    assert says in told
    assert "\n" not in told
    assert len(told) < 300
    assert "Ann" not in told


def test_a_wire_error_is_bad_input():
    assert issubclass(WireError, BadInput)


def test_a_map_with_a_bed_twice_is_refused_by_its_bed():
    house = json.loads(encode_event(_map_changed()))
    house["map"]["wards"][0]["rooms"][0]["beds"].append({"id": "M1-A"})
    with pytest.raises(WireError, match="bed id 'M1-A' appears twice"):
        decode_event(json.dumps(house).encode())


def test_a_suggestion_whose_expiry_has_no_time_zone_is_refused():
    house = House(hospital(ward("M", 1, 1)))
    house.lies("Ann", "M1-A")
    suggestion = json.loads(encode_suggestion(house.suggestion("move", ("Ann", "M2-A"))))
    suggestion["expires_at"] = "2026-01-05T08:00:00"
    with pytest.raises(WireError, match="timezone"):
        decode_suggestion(json.dumps(suggestion).encode())


def test_the_same_event_always_gives_the_same_bytes():
    told = e.PlacementRequested(
        event_id="1",
        facility="STM",
        at=datetime(2026, 1, 5, tzinfo=UTC),
        source="test",
        visit="Ann",
        needs=needs(equipment="telemetry bariatric ventilator"),
    )
    assert encode_event(decode_event(encode_event(told))) == encode_event(told)
    assert decode_event(encode_event(told)) == told


def test_records_and_suggestions_come_back_as_they_were():
    house = House(hospital(ward("M", 1, 1)))
    record = house.request("Ann")
    assert decode_record(encode_record(record)) == record
    suggestion = house.suggestion("place", ("Ann", "M2-A"))
    assert decode_suggestion(encode_suggestion(suggestion)) == suggestion


@pytest.mark.parametrize("read", [decode_record, decode_suggestion])
def test_what_is_no_record_or_suggestion_is_refused(read):
    with pytest.raises(WireError, match="this is not a"):
        read(b"{}")


def test_every_kind_of_event_can_be_read_back():
    now = datetime(2026, 1, 5, tzinfo=UTC)
    shared = {"event_id": "1", "facility": "STM", "at": now, "source": "test"}
    for told in (
        e.LeaveStarted(visit="Ann", expected_return_at=now + timedelta(hours=2), **shared),
        e.TransferCancelled(visit="Ann", cancelled_at=now, place=e.Place("M1-A"), **shared),
        e.BedHeld(bed="M1-A", reason="transplant", **shared),
        e.TimePassed(**shared),
        _map_changed(),
    ):
        assert decode_event(encode_event(told)) == told


def _map_changed() -> e.MapChanged:
    house = hospital(ward("M", 1))
    now = datetime(2026, 1, 5, tzinfo=UTC)
    return e.MapChanged(event_id="1", facility="STM", at=now, source="test", map=house, sha256=house.sha256)
