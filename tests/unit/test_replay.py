"""Real discharges lived again as events."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from engine.adapters.stay_strata import StrataForecaster
from engine.core.errors import BadInput
from engine.core.events import PatientLocated, PlacementRequested, VisitDischarged
from engine.core.ledger import Outcome
from engine.core.terms import AdmissionType, Sex
from producers.driver import LockstepDriver
from producers.progress import Progress
from producers.rehearsal import Rehearsal
from producers.replay import ReplayedHouse, Span, map_for, planned, stays_by_facility
from producers.sparcs import SparcsRow, Tally, read_sparcs
from tests.sinks import MemorySink

DATA = Path(__file__).parents[3] / "shared" / "data" / "sparcs" / "western_ny_2016.csv.gz"
YEAR = Span(date(2016, 1, 1), 366)
START = datetime(2016, 1, 1, tzinfo=UTC)


def row(**changed):
    fields = {
        "stay_nights": 3,
        "censored": False,
        "age_group": "50 to 69",
        "sex": Sex.MALE,
        "facility": "66",
        "admission_type": AdmissionType.EMERGENCY,
        "through_ed": True,
        "diagnosis": "122",
        "procedure": "222",
    }
    return SparcsRow(**(fields | changed))


ROWS = [row(stay_nights=1 + n % 6) for n in range(120)]
MONTH = Span(date(2016, 3, 1), 30)


def house_of(rows, seed=1):
    stays = stays_by_facility(rows, MONTH, seed, Tally())["66"]
    return ReplayedHouse(map_for("66", stays, MONTH.days), stays, seed, datetime(2016, 3, 1, tzinfo=UTC))


def replay(days, progress=None, rows=ROWS):
    kept = MemorySink()
    engine = Rehearsal(StrataForecaster())
    began = datetime(2016, 3, 1, tzinfo=UTC)

    class Tee:
        """What reaches Kafka, seen by the engine in this process."""

        def send(self, event, *, timestamp_ms):
            kept.send(event, timestamp_ms=timestamp_ms)

        flush, close = kept.flush, kept.close

    class Ledger:
        """Decides on every event of a window, as the ledger of a worker that has seen them all."""

        def records(self, event_ids):
            return engine.records(event_ids)

    house = house_of(rows)
    advance = house.advance

    def decided(until):
        events = advance(until)
        for event in events:
            engine.send(event, timestamp_ms=round(event.at.timestamp() * 1000))
        return events

    house.advance = decided
    LockstepDriver([house], Tee(), Ledger(), began, progress=progress).run(began + timedelta(days=days))
    return [one.event for one in kept.kept]


def test_a_stay_lasts_about_its_nights_and_ends_within_a_day_of_them():
    for number in range(200):
        stay = planned(row(stay_nights=5), number, YEAR, seed=1)
        assert abs((stay.leaves_at.date() - stay.arrives_at.date()).days - 5) <= 1


def test_admissions_fall_into_the_span_on_the_weekdays_of_their_kind():
    days = [planned(row(admission_type=AdmissionType.ELECTIVE), n, YEAR, 1).arrives_at for n in range(2000)]
    assert all(day.year == 2016 for day in days)
    assert sum(day.weekday() >= 5 for day in days) / 2000 == pytest.approx(0.082, abs=0.02)


def test_a_weekday_that_the_export_tells_is_kept():
    days = {planned(row(admit_weekday=4), n, YEAR, 1).arrives_at.weekday() for n in range(100)}
    assert days == {4}


def test_a_procedure_is_known_at_admission_only_when_it_was_planned():
    assert planned(row(), 0, YEAR, 1).admission.planned_procedure is None
    assert planned(row(admission_type=AdmissionType.ELECTIVE), 0, YEAR, 1).admission.planned_procedure == "222"


def test_redacted_rows_are_counted_and_left_out():
    tally = Tally()
    assert list(stays_by_facility([row(), row(facility=None)], YEAR, 1, tally)) == ["66"]
    assert tally.left_out == {"the facility is redacted": 1}


def test_a_facility_that_the_export_does_not_have_is_named():
    with pytest.raises(BadInput, match="no stays of facility 99: it has 66"):
        stays_by_facility([row()], YEAR, 1, Tally(), only=frozenset({"99"}))


def test_every_patient_comes_gets_a_bed_and_leaves():
    events = replay(45)
    kinds = {
        kind: {one.visit for one in events if isinstance(one, kind)} for kind in (PlacementRequested, VisitDischarged)
    }
    bedded = {one.visit for one in events if isinstance(one, PatientLocated) and one.place.bed}
    assert len(kinds[PlacementRequested]) == len(ROWS)
    assert bedded == kinds[PlacementRequested] == kinds[VisitDischarged]


def test_a_replay_that_was_stopped_goes_on_with_the_events_that_were_missing(tmp_path):
    whole = replay(12)
    first = replay(5, Progress(tmp_path / "progress.json", "run"))
    rest = replay(12, Progress(tmp_path / "progress.json", "run"))
    assert first + rest == whole


def test_a_real_export_is_replayed_by_facility():
    if not DATA.exists():
        pytest.skip(f"no SPARCS export at {DATA}")
    tally = Tally()
    by_facility = stays_by_facility(read_sparcs(DATA, tally), YEAR, 1, tally)
    assert tally.left_out == {"the facility is redacted": 19}
    assert sum(map(len, by_facility.values())) == 9_981
    houses = [ReplayedHouse(map_for(name, stays, 366), stays, 1, START) for name, stays in by_facility.items()]
    engine = Rehearsal(StrataForecaster())
    outcomes: Counter = Counter()
    driver = LockstepDriver(houses, engine, engine, START)
    driver.run(START + timedelta(days=20), lambda window: outcomes.update(one.outcome for one in window.records))
    assert outcomes[Outcome.REJECTED] == outcomes[Outcome.DUPLICATE] == 0
    assert outcomes[Outcome.APPLIED] > 2000
