"""What the logs say, and what they never say."""

import io
import json
import logging

import pytest

from engine.adapters.logs import HumanLines, JsonLines, RateLimit, configure_logs, quieten


def a_record(message: str = "lane %s", args: tuple[object, ...] = ("paused",), **extra: object) -> logging.LogRecord:
    record = logging.LogRecord("engine.lane", logging.WARNING, "lane.py", 7, message, args, None)
    record.created = 1_767_225_600.25
    vars(record).update(extra)
    return record


def test_a_line_is_one_json_object_in_utc_with_its_extra_fields() -> None:
    line = json.loads(JsonLines().format(a_record(facility="general", seconds=1.5)))
    assert line == {
        "at": "2026-01-01T00:00:00.250Z",
        "level": "warning",
        "logger": "engine.lane",
        "message": "lane paused",
        "facility": "general",
        "seconds": 1.5,
    }


def test_a_line_for_people_is_short() -> None:
    assert HumanLines().format(a_record(facility="general")) == "00:00:00Z warning  lane paused  facility=general"


@pytest.mark.parametrize("form", [JsonLines(), HumanLines()])
def test_a_visit_is_never_logged_whoever_passes_it(form: logging.Formatter) -> None:
    assert "V-17" not in form.format(a_record(visit="V-17", visits=["V-17"], raw=b"V-17", event={"visit": "V-17"}))


@pytest.mark.parametrize("form", [JsonLines(), HumanLines()])
def test_an_exception_says_what_and_where_and_nothing_of_the_patient(form: logging.Formatter) -> None:
    record = a_record()
    try:
        {"V-16": "M1-A"}["V-" + "17"]
    except KeyError as error:
        record.exc_info = (KeyError, error, error.__traceback__)
    text = form.format(record)
    assert "KeyError" in text
    assert "test_logs.py" in text
    assert "V-17" not in text


def test_an_exception_stays_within_its_line() -> None:
    record = a_record()
    record.exc_info = (RuntimeError, RuntimeError("broken"), None)
    text = JsonLines().format(record)
    assert "\n" not in text
    assert "RuntimeError" in json.loads(text)["error"]


def test_a_line_that_repeats_is_limited_and_the_next_one_says_how_many_were_left_out() -> None:
    limit = RateLimit(at_most=2, per_seconds=1000.0)
    assert [limit.filter(a_record()) for _ in range(5)] == [True, True, False, False, False]
    limit._per_seconds = 0.0
    later = a_record()
    assert limit.filter(later)
    assert vars(later)["left_out"] == 3


def test_aiokafka_speaks_only_of_trouble_and_not_too_often(monkeypatch: pytest.MonkeyPatch) -> None:
    child = logging.getLogger("aiokafka.conn")
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    try:
        configure_logs("json", "INFO")
        for _ in range(50):
            child.info("connected")
            child.warning("broker is away")
    finally:
        root.handlers[:] = before
        root.setLevel(level)
    assert stream.getvalue().count("broker is away") == 5
    assert "connected" not in stream.getvalue()


def test_setting_the_limit_twice_keeps_one() -> None:
    quieten("bedstream-test")
    quieten("bedstream-test")
    assert len(logging.getLogger("bedstream-test").filters) == 1
