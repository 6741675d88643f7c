"""Hospital maps as people write them, and what they are told when one cannot be used."""

from pathlib import Path

import pytest

from engine.adapters.maps import EXAMPLES, BadMap, dump_map, load_house, load_houses, load_map, load_maps, parse_house
from engine.core.layout import layout_for_beds
from engine.core.policy import Deferral, Policy, Weights
from engine.core.terms import Equipment, Level

SMALL = """
id = "general"
timezone = "America/New_York"

[[ward]]
id = "W1"
service = "medicine"
rooms = [
  { id = "1", beds = ["1A", "1B"], equipment = ["telemetry"] },
  { id = "2", beds = ["2A"], pressure = "negative" },
]
"""


def test_a_map_reads_as_it_is_written() -> None:
    facility = parse_house(SMALL, "small").facility
    assert list(facility.spots) == ["1A", "1B", "2A"]
    assert facility.spots["1B"].bed.equipment == {Equipment.TELEMETRY}
    assert facility.spots["2A"].pools == ("isolation", "home:medicine")


@pytest.mark.parametrize("beds", [20, 300])
def test_a_map_survives_being_written_and_read(beds: int) -> None:
    facility = layout_for_beds("h", beds)
    policy = Policy(weights=Weights(move=6.0), deferral=Deferral(levels=(Level.ACUTE,)), reserve_ahead_hours=3.0)
    house = parse_house(dump_map(facility, policy), "again")
    assert house.facility == facility
    assert house.policy == policy


def test_a_name_with_quotes_and_other_signs_survives() -> None:
    text = SMALL.replace('id = "general"', 'id = "general"\nname = "St. \\"Zoë\\" \\\\ \\t\\u007f"')
    house = parse_house(text, "names")
    assert parse_house(dump_map(house.facility), "again") == house


@pytest.mark.parametrize("beds", EXAMPLES)
def test_the_examples_have_the_beds_they_are_named_for(beds: int) -> None:
    spots = load_map(f"builtin:{beds}").spots.values()
    assert sum(spot.bed.kind == "bed" and not spot.bed.surge for spot in spots) == beds


def test_the_demo_house_lets_acute_patients_wait_for_a_better_bed() -> None:
    deferral = load_house("builtin:300").policy.deferral
    assert deferral.levels == (Level.ACUTE,)
    assert deferral.lowest_priority_first == 3


def test_a_house_that_says_nothing_defers_nobody() -> None:
    assert parse_house(SMALL, "small").policy == Policy()


def test_a_directory_holds_one_map_a_facility(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(SMALL)
    (tmp_path / "b.toml").write_text(SMALL.replace("general", "harbour"))
    assert sorted(load_maps(tmp_path)) == ["general", "harbour"]


MISTAKES = [
    ('["1A", "1B"]', '["1A", "2A"]', "small: bed id '2A' appears twice in the map"),
    (
        '"telemetry"',
        '"telemetri"',
        "ward 'W1', room '1': equipment 'telemetri' is not known: did you mean 'telemetry'?",
    ),
    ("pressure", "presure", "ward 'W1', room '2': `presure` is not a key here: did you mean 'pressure'?"),
    ('"negative"', '"low"', "room '2': pressure 'low' is not known: use one of negative, neutral, positive"),
    ('service = "medicine"', 'level = "acute"', "ward 'W1': `service` is missing"),
    (
        'service = "medicine"',
        'service = "m"\nlevel = "stepdown"',
        "level 'stepdown' is not known: did you mean 'step_down'",
    ),
    ('service = "medicine"', "service = 3", "ward 'W1': `service`: expected `str`, got `int`"),
    ('pressure = "negative"', 'sex_policy = "mixed"', "room '2': sex_policy 'mixed' is not known"),
    ('beds = ["2A"]', "beds = []", "room '2' has no beds"),
    ('beds = ["2A"], ', "", "room '2': `beds` is missing"),
    ("America/New_York", "New York", "time zone 'New York' is not known"),
    ("[[ward]]", "[[wards]]", "`wards` is not a key here: did you mean 'ward'?"),
    (
        "[[ward]]",
        "[policy.weights]\nmov = 3.0\n[[ward]]",
        "[policy.weights]: `mov` is not a key here: did you mean 'move'?",
    ),
    ("[[ward]]", "[policy.deferral]\nlevels = ['acut']\n[[ward]]", "level 'acut' is not known: did you mean 'acute'?"),
    ("[[ward]]", "[[ward]", "this is not TOML"),
]


@pytest.mark.parametrize(("right", "wrong", "told"), MISTAKES)
def test_a_mistake_is_one_sentence_with_its_place(right: str, wrong: str, told: str) -> None:
    with pytest.raises(BadMap) as caught:
        parse_house(SMALL.replace(right, wrong, 1), "small")
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_map_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(BadMap, match="there is no such map file: `bedstream layout"):
        load_map(tmp_path / "none.toml")


def test_an_empty_directory_and_two_maps_of_one_facility_are_named(tmp_path: Path) -> None:
    with pytest.raises(BadMap, match="there is no map"):
        load_houses(tmp_path)
    for name in ("a.toml", "b.toml"):
        (tmp_path / name).write_text(SMALL)
    with pytest.raises(BadMap, match=r"b\.toml: facility 'general' has a map in this directory already"):
        load_houses(tmp_path)


def test_bytes_that_are_not_text_and_unknown_examples_are_named(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadMap, match="not text in UTF-8"):
        load_map(tmp_path / "x.toml")
    with pytest.raises(BadMap, match="builtin:7: there is no such example"):
        load_map("builtin:7")
