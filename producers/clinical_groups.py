"""Which service a SPARCS stay belongs to, by its diagnosis: the first letters of CCSR, or ranges of the older CCS.

The groups are AHRQ's (Clinical Classifications Software); which service treats them is this project's assumption.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from engine.core.terms import AdmissionType
from producers.sparcs import SparcsRow

CCSR: Final = MappingProxyType(
    {
        "CIR": "cardiology",
        "DIG": "surgery",
        "INJ": "orthopaedics",
        "MAL": "paediatrics",
        "MBD": "psychiatry",
        "MUS": "orthopaedics",
        "NEO": "oncology",
        "NVS": "neurology",
        "PNL": "newborn",
        "PRG": "maternity",
    }
)
# First and last code of a range, and the service.
CCS: Final = (
    (11, 47, "oncology"),
    (65, 75, "psychiatry"),
    (76, 95, "neurology"),
    (96, 108, "cardiology"),
    (109, 113, "neurology"),
    (114, 121, "cardiology"),
    (138, 155, "surgery"),
    (176, 196, "maternity"),
    (201, 212, "orthopaedics"),
    (218, 224, "newborn"),
    (225, 232, "orthopaedics"),
    (233, 236, "surgery"),
    (650, 670, "psychiatry"),
)


def service_for(row: SparcsRow) -> str:
    """The service; medicine where nothing says otherwise. Children who do not give birth go to paediatrics."""
    if row.admission_type is AdmissionType.NEWBORN:
        return "newborn"
    by_group = _by_diagnosis(row.diagnosis or "")
    if by_group == "newborn" or (row.age_group == "0 to 17" and by_group != "maternity"):
        return "paediatrics"
    return by_group


def _by_diagnosis(code: str) -> str:
    if not code.isdigit():
        return CCSR.get(code[:3].upper(), "medicine")
    number = int(code)
    return next((service for low, high, service in CCS if low <= number <= high), "medicine")
