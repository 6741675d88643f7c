"""Column names of SPARCS exports. They change from year to year, and again in sets that others derived.

Names are compared without case, blanks and punctuation: `Length of Stay`, `length_of_stay` and `Length.of.Stay` are
one. Source: the exports of 2009–2024 on health.data.ny.gov, and the derived sets this was tried on (`los`, `age`).
"""

from __future__ import annotations

from collections.abc import Iterable
from types import MappingProxyType
from typing import Final

from engine.core.errors import BadInput

COLUMNS: Final = MappingProxyType(
    {
        "stay": ("Length of Stay", "LOS"),
        "age_group": ("Age Group", "Age"),
        "sex": ("Gender", "Sex"),
        "facility": ("Facility Id", "Permanent Facility Id"),
        "admission_type": ("Type of Admission", "Admission Type"),
        "through_ed": ("Emergency Department Indicator",),
        "payer": ("Payment Typology 1", "Source of Payment 1"),
        "zip3": ("Zip Code - 3 digits", "Zip Code 3 digits"),
        "year": ("Discharge Year",),
        "diagnosis": ("CCSR Diagnosis Code", "CCS Diagnosis Code"),
        "procedure": ("CCSR Procedure Code", "CCS Procedure Code"),
        "birth_weight": ("Birth Weight",),
        "admit_weekday": ("Admit Day of Week",),
        "discharge_weekday": ("Discharge Day of Week",),
    }
)
ALWAYS_NEEDED: Final = ("stay", "age_group", "sex")


def plain(name: str) -> str:
    """The name without case, blanks and punctuation."""
    return "".join(letter for letter in name.lower() if letter.isalnum())


def find_columns(header: Iterable[str], needed: Iterable[str], where: str) -> dict[str, int]:
    """Our name → position in `header`. Raises BadInput naming what is missing and which names would do."""
    positions = {plain(name): index for index, name in reversed(list(enumerate(header)))}
    found = {
        ours: next(positions[plain(name)] for name in names if plain(name) in positions)
        for ours, names in COLUMNS.items()
        if any(plain(name) in positions for name in names)
    }
    for ours in needed:
        if ours not in found:
            would_do = " or ".join(f"“{name}”" for name in COLUMNS[ours])
            raise BadInput(f"{where} has no column for {ours.replace('_', ' ')}: it would be named {would_do}")
    return found
