"""Plans of a simulated house after a day and a half of its life hold, and come in time. With -s: the figures."""

import math
from datetime import UTC, datetime, timedelta
from time import perf_counter

import pytest

from engine.adapters.planner_job import decode_plan, decode_snapshot, encode_snapshot, plan
from engine.core import events as e
from engine.core.census import Census
from engine.core.decisions import AnswerOutcome, SuggestionAnswered
from engine.core.layout import layout_for_beds
from engine.core.ledger import Arrival, Opening, Position, apply_record, step
from engine.core.policy import Policy
from engine.core.stay import KNOT_NIGHTS, forecast_from_survival
from engine.planning.optimise import optimise
from engine.planning.problem import check
from engine.planning.window import window_of
from producers.rehearsal import Rehearsal
from producers.simulator import House

START = datetime(2026, 1, 5, tzinfo=UTC)
DEADLINE_SECONDS = 3.0


class FiveNights:
    """Everybody stays five nights on average."""

    def forecast(self, admissions):
        return [forecast_from_survival([math.exp(-nights / 5) for nights in KNOT_NIGHTS], "five nights")] * len(
            admissions
        )


def after(hours, beds, load=0.95):
    """The census of a simulated house `hours` after the story begins."""
    facility = layout_for_beds("H", beds)
    house, engine = House(facility, 1, START, load), Rehearsal(FiveNights())
    census = engine.censuses["H"] = Census("H")
    opened = e.TimePassed(event_id="opened", facility="H", at=START, source="test")
    record = step(census, Arrival(opened, Position("t", 0, -1), START), {}, Opening(facility, Policy(), "none"))
    apply_record(census, record)
    for quarter in range(1, 4 * hours + 1):
        for event in house.advance(START + timedelta(minutes=15 * quarter)):
            engine.send(event, timestamp_ms=int(event.at.timestamp() * 1000))
            for answer in engine.records([event.event_id]):
                house.follow(answer)
    return census


@pytest.mark.parametrize(("beds", "hours"), [(60, 36), (300, 36), (1000, 32)])
def test_the_plan_of_a_busy_house_holds_and_is_made_in_time(beds, hours):
    census = after(hours, beds)
    began = perf_counter()
    snapshot = encode_snapshot(census)
    taken = perf_counter()
    copied = decode_snapshot(snapshot)
    read = perf_counter()
    window = window_of(copied)
    built = perf_counter()
    message = decode_plan(plan(snapshot, 1, DEADLINE_SECONDS))
    done = perf_counter()
    print(
        f"\n{beds} beds: snapshot {1e3 * (taken - began):.1f} ms, {len(snapshot) / 1e3:.0f} kB; "
        f"read {1e3 * (read - taken):.1f} ms; window {built - read:.2f} s; whole run {done - built:.2f} s; "
        f"{message.stays_considered} stays (+{message.stays_left_out} left out); "
        f"cost {message.cost_before:.0f} → {message.cost_after:.0f}; "
        f"gap {message.gap_ratio:.3f} {message.status}; {len(message.suggestions)} suggestions"
    )
    assert message.seconds < 1.1 * DEADLINE_SECONDS + 1.0
    assert message.cost_after <= message.cost_before + 0.001
    assert check(window.problem, optimise(window.problem, 0.5, seed=1)) == []


def test_every_suggestion_for_a_busy_house_is_carried_out_when_accepted_at_once():
    census = after(30, 300)
    message = decode_plan(plan(encode_snapshot(census), 1, 1.0))
    assert message.suggestions
    for number, suggestion in enumerate(message.suggestions):
        told = e.SuggestionAccepted(
            event_id=f"a{number}", facility="H", at=census.lane_time, source="test", suggestion=suggestion
        )
        record = step(census, Arrival(told, Position("rehearsal", 0, 10**9), census.lane_time), {})
        answers = [one.outcome for one in record.decisions if isinstance(one, SuggestionAnswered)]
        assert answers == [AnswerOutcome.APPLIED], suggestion.reason
