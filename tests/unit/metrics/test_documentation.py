"""Pages that are made from the code say what the code does."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from engine.core import terms
from engine.core.eligibility import HARD_RULES
from engine.core.reasons import Refusal

DOCS = Path(__file__).parents[3] / "docs"


@pytest.fixture(scope="module")
def tables() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_tables", DOCS / "tables.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", ["metrics.md", "rules.md"])
def test_the_committed_page_is_the_one_the_code_makes(tables: ModuleType, page: str) -> None:
    assert (DOCS / page).read_text(encoding="utf-8") == tables.PAGES[page](), "run python docs/tables.py"


def test_every_rule_has_one_row_and_at_least_one_reason(tables: ModuleType) -> None:
    text = tables.rules_page()
    for rule in HARD_RULES:
        assert len(re.findall(rf"^\| `{rule.__name__}` \| \S.* \| \S.* \|$", text, re.MULTILINE)) == 1


def test_every_reason_a_bed_can_be_refused_for_is_in_the_table(tables: ModuleType) -> None:
    text = tables.rules_page()
    assert [why for why in Refusal if why.sentence not in text] == []


def test_the_glossary_explains_every_value_of_the_bed_statuses_and_patient_classes() -> None:
    glossary = (DOCS / "glossary.md").read_text(encoding="utf-8").lower()
    for kind in (terms.BedStatus, terms.PatientClass, terms.Precaution, terms.Level, terms.SexPolicy):
        for value in kind:
            word = value.name.lower().replace("_", "[ -]")
            assert re.search(rf"\b{word}", glossary), f"{kind.__name__} {word}"
