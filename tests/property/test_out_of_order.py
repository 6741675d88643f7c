"""Messages overtake each other and come twice; the house ends where the ordered ones would have brought it.

The histories do not contradict themselves: each cancellation names something that was said before, no two messages are
of the same minute, and a merge is the last thing written. Within that every order and any repetition must give the same
facts. Not compared is what the engine itself gave out on the way (reservations, the queue): that depends on when it
heard of whom, as it must.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from engine.core import events as e
from engine.core.census import Census
from engine.core.ledger import Arrival, Opening, Position, apply_record, step
from engine.core.policy import Policy
from tests.property.profile import search
from tests.property.small_houses import MIXED
from tests.scenarios.house import HOUSE_ID, START, needs

BEDS = tuple(MIXED.spots)
NEEDS = (needs(), needs("surgery", sex="M"), needs(precautions="contact"), needs(equipment="telemetry"))
BASE = {"facility": HOUSE_ID, "source": "test"}


@st.composite
def histories(draw: st.DrawFn) -> list[e.Event]:
    """What two visits lived through, in order, a minute or more apart; perhaps the second was the first all along."""
    told: list[e.Event] = []
    for visit, first in (("Ann", 0), ("Bob", 7)):
        moments = draw(st.lists(st.sampled_from(MOMENTS), min_size=1, max_size=6))
        for at, happens in enumerate(moments):
            when = START + timedelta(minutes=10 * at + first)
            told += happens(draw, visit, when, told, f"{visit}{at}")
    if draw(st.booleans()):
        told.append(e.VisitsMerged(event_id="merge", at=START + timedelta(hours=3), visit="Ann", merged="Bob", **BASE))
    return sorted(told, key=lambda event: (event.at, event.event_id))


def _asked(draw: st.DrawFn, visit: str, at: Any, told: list[e.Event], name: str) -> Iterator[e.Event]:
    wanted, priority = draw(st.sampled_from(NEEDS)), draw(st.integers(1, 5))
    yield e.PlacementRequested(event_id=name, at=at, visit=visit, needs=wanted, priority=priority, **BASE)


def _located(draw: st.DrawFn, visit: str, at: Any, told: list[e.Event], name: str) -> Iterator[e.Event]:
    place = draw(
        st.builds(e.Place, bed=st.sampled_from(BEDS))
        | st.sampled_from([e.Place(area="ED"), e.Place(area="THEATRE", temporary=True), e.Place(bed="X9-A")])
    )
    told_needs = draw(st.sampled_from([None, *NEEDS]))
    yield e.PatientLocated(event_id=name, at=at, visit=visit, place=place, needs=told_needs, **BASE)


def _left(draw: st.DrawFn, visit: str, at: Any, told: list[e.Event], name: str) -> Iterator[e.Event]:
    kind = draw(st.sampled_from([e.VisitDischarged, e.AdmissionCancelled, e.LeaveStarted, e.LeaveEnded]))
    yield kind(event_id=name, at=at, visit=visit, **BASE)


def _planned(draw: st.DrawFn, visit: str, at: Any, told: list[e.Event], name: str) -> Iterator[e.Event]:
    if draw(st.booleans()):
        yield e.ScheduleCancelled(event_id=name, at=at, visit=visit, **BASE)
    else:
        expected, wanted = at + timedelta(hours=20), draw(st.sampled_from(NEEDS))
        yield e.VisitScheduled(event_id=name, at=at, visit=visit, expected_at=expected, needs=wanted, **BASE)


def _changed(draw: st.DrawFn, visit: str, at: Any, told: list[e.Event], name: str) -> Iterator[e.Event]:
    wanted, priority = draw(st.sampled_from([None, *NEEDS])), draw(st.sampled_from([None, 1, 5]))
    yield e.NeedsChanged(event_id=name, at=at, visit=visit, needs=wanted, priority=priority, **BASE)
    expected = draw(st.sampled_from([None, START + timedelta(hours=40)]))
    yield e.DischargeExpected(event_id=f"{name}x", at=at, visit=visit, expected_at=expected, **BASE)


def _taken_back(draw: st.DrawFn, visit: str, at: Any, told: list[e.Event], name: str) -> Iterator[e.Event]:
    kinds = {e.PatientLocated: e.TransferCancelled, e.VisitDischarged: e.DischargeCancelled}
    said = [one for one in told if type(one) in kinds and getattr(one, "visit", "") == visit]
    if said:
        one = draw(st.sampled_from(said))
        place = draw(st.sampled_from([None, e.Place(bed="M1-A"), e.Place(area="ED")]))
        yield kinds[type(one)](event_id=name, at=at, visit=visit, cancelled_at=one.at, place=place, **BASE)


MOMENTS = (_asked, _located, _located, _left, _planned, _changed, _taken_back)


@search(examples=400)
@given(histories().filter(bool), st.data())
def test_any_order_and_any_repetition_ends_with_the_same_facts(told: list[e.Event], data: st.DataObject):
    shuffled = data.draw(st.permutations([*told, *data.draw(st.lists(st.sampled_from(told), max_size=3))]))
    assert facts(lived_through(shuffled)) == facts(lived_through(told))


def lived_through(told: list[e.Event]) -> Census:
    """All messages reach us within the hour after the last of them was written."""
    census, opening = Census(HOUSE_ID), Opening(MIXED, Policy(), "v1")
    for offset, event in enumerate(told):
        now = START + timedelta(hours=4, seconds=offset)
        apply_record(census, step(census, Arrival(event, Position("t", 0, offset), now), {}, opening))
    return census


def facts(census: Census) -> dict[str, Any]:
    """Where everybody is, what they need, how they ended; who holds each bed."""
    told = ("place", "bed", "on_leave", "ended", "ended_at", "merged_into", "needs", "priority", "patient_class",
            "requested", "expected_at", "discharge_expected_at", "admitted_at", "bedded", "wants_bed")  # fmt: skip
    visits = {one.id: {name: getattr(one, name) for name in told} for one in census.visits.values()}
    return {"visits": visits, "holders": {bed: census.bed(bed).claims for bed in BEDS}}
