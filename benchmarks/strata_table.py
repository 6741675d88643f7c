"""Recompute engine/adapters/stay_strata.json: how much longer or shorter each stratum stays than its type of admission.

    python benchmarks/strata_table.py ../shared/data/sparcs/western_ny_2016.csv.gz > engine/adapters/stay_strata.json

Curves by type of admission are the statewide figures in producers/calibration.py. From the export comes only the shape
by age: the ratio of a stratum's mean stay to its type's, drawn towards 1 as if 20 more stays had shown no difference.
"""

from __future__ import annotations

import json
import math
import sys
from collections import defaultdict
from pathlib import Path
from statistics import NormalDist, fmean

from engine.core.services import ADMISSION_TYPE_SHARES
from engine.core.stay import KNOT_NIGHTS
from engine.core.terms import AdmissionType
from producers.calibration import LONG_STAY_SHARE, LONG_STAY_SHIFT, LONG_STAY_SIGMA, STAY_NIGHTS, LogNormal
from producers.sparcs import SparcsRow, read_sparcs

STAYS_OF_NO_DIFFERENCE = 20
WITH_TAIL = frozenset({AdmissionType.EMERGENCY, AdmissionType.URGENT, AdmissionType.TRAUMA, AdmissionType.UNKNOWN})
SOURCE = (
    "Curves: statewide log-normals of New York's SPARCS discharges 2024 (producers/calibration.py). "
    "Ratios by age group: SPARCS Western NY 2016, 10,000 discharges (health.data.ny.gov). "
    "Observation and day patients: assumption, no public figure; "
    "the two-midnight rule (42 CFR 412.3) expects observation to end before a second midnight."
)


def beyond(shape: LogNormal, nights: float) -> float:
    """P(rounded log-normal stay > nights); a stay counts at least one night."""
    return 1.0 if nights < 1 else 1.0 - NormalDist(shape.mu, shape.sigma).cdf(math.log(nights + 0.5))


def curve(kind: AdmissionType) -> list[float]:
    """P(stay > n) at KNOT_NIGHTS for a type of admission, statewide."""
    body = STAY_NIGHTS[kind]
    tail = LogNormal(body.mu + LONG_STAY_SHIFT, LONG_STAY_SIGMA)
    share = LONG_STAY_SHARE if kind in WITH_TAIL else 0.0
    return [round((1 - share) * beyond(body, n) + share * beyond(tail, n), 6) for n in KNOT_NIGHTS]


def ratios(rows: list[SparcsRow]) -> dict[str, dict[str, float]]:
    """Type of admission → age group → mean stay relative to the type's."""
    stays: defaultdict[AdmissionType, defaultdict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        if row.age_group is not None and row.admission_type is not AdmissionType.UNKNOWN:
            stays[row.admission_type][row.age_group].append(row.stay_nights)
    return {
        kind.value: {age: _drawn_to_one(nights, by_age) for age, nights in sorted(by_age.items())}
        for kind, by_age in sorted(stays.items())
    }


def _drawn_to_one(nights: list[int], by_age: dict[str, list[int]]) -> float:
    whole = fmean(night for group in by_age.values() for night in group)
    seen = len(nights)
    return round((seen * fmean(nights) / whole + STAYS_OF_NO_DIFFERENCE) / (seen + STAYS_OF_NO_DIFFERENCE), 3)


def table(export: Path) -> dict[str, object]:
    """The whole file's content."""
    types = {kind.value: curve(kind) for kind in ADMISSION_TYPE_SHARES}
    everyone = [
        round(sum(share * types[kind.value][index] for kind, share in ADMISSION_TYPE_SHARES.items()), 6)
        for index in range(len(KNOT_NIGHTS))
    ]
    return {
        "source": SOURCE,
        "knot_nights": KNOT_NIGHTS,
        "all": everyone,
        "by_type": types,
        "age_ratio": ratios(list(read_sparcs(export))),
        "observation": _short(0.30, 0.25),
        "day": _short(0.03, 0.25),
    }


def _short(beyond_first: float, each_further: float) -> list[float]:
    """Assumption: so many stay beyond the first night, and of those so many beyond each further one."""
    return [1.0 if n == 0 else round(beyond_first * each_further ** (n - 1), 6) for n in KNOT_NIGHTS]


if __name__ == "__main__":
    json.dump(table(Path(sys.argv[1])), sys.stdout, indent=1)
    print()
