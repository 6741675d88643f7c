"""Layers: a draft sees what lies below and never writes on it; its changes are exactly what a commit writes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.tables import GONE, Table

keys = st.sampled_from("abcd")
writes = st.lists(st.tuples(keys, st.none() | st.integers(0, 3)), max_size=8)


def write(table: Table[str, int], plain: dict[str, int], told: list[tuple[str, int | None]]) -> None:
    for key, value in told:
        if value is None:
            table.remove(key)
            plain.pop(key, None)
        else:
            table[key] = value
            plain[key] = value


@given(st.lists(writes, min_size=1, max_size=4))
def test_layers_read_as_one_plain_mapping_and_absorb_into_it(layers: list[list[tuple[str, int | None]]]):
    base: Table[str, int] = Table()
    tables, plain = [base], {}
    for told in layers:
        write(tables[-1], plain, told)
        tables.append(tables[-1].layer())
    top = tables[-1]
    assert dict(top.items()) == plain
    assert len(top) == len(plain)
    assert set(top) == set(plain)
    assert all((key in top) == (key in plain) and top.get(key) == plain.get(key) for key in "abcd")
    while len(tables) > 1:
        tables[-2].absorb(tables.pop().changes())
    assert base.own == plain


def test_a_draft_never_writes_on_what_lies_below():
    base = Table({"M1-A": 1, "M1-B": 2})
    draft = base.layer()
    draft["M1-A"] = 9
    draft.remove("M1-B")
    assert dict(base.items()) == {"M1-A": 1, "M1-B": 2}
    assert draft.changes() == {"M1-A": 9, "M1-B": GONE}


def test_a_table_does_not_write_on_the_rows_it_was_made_from():
    rows = {"M1-A": 1}
    Table(rows)["M1-A"] = 2
    assert rows == {"M1-A": 1}


def test_a_bed_taken_away_can_come_back():
    draft = Table({"M1-A": 1}).layer()
    draft.remove("M1-A")
    assert "M1-A" not in draft
    draft["M1-A"] = 3
    assert draft["M1-A"] == 3


def test_a_missing_row_is_a_key_error():
    with pytest.raises(KeyError):
        Table[str, int]()["M1-A"]
    assert Table[str, int]().get("M1-A", 7) == 7
