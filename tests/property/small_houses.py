"""Small houses and needs that meet in them, for the property tests: few beds, so that everything collides."""

from __future__ import annotations

from hypothesis import strategies as st

from engine.core.events import Needs
from engine.core.terms import Equipment, Level, Precaution, Pressure, Sex, SexPolicy, Specialty
from tests.scenarios.house import hospital, room, ward

MIXED = hospital(
    ward(
        "M", 2, room("M2", pressure=Pressure.NEGATIVE), room("M3", 1, surge=True), service="medicine", related="surgery"
    ),
    ward("S", room("S1", 2, equipment="telemetry"), service="surgery", automatic_release=True),
    ward("I", room("I1", equipment="telemetry"), service="intensive_care", level=Level.INTENSIVE),
)
FAMILY = hospital(
    ward("F", room("F1", bassinets=2), room("F2", bassinets=1), service="maternity", specialty=Specialty.MATERNITY,
         turnaround_minutes=150.0),
    ward("K", room("K1", 2, sex_policy=SexPolicy.ANY), service="paediatrics", oldest_years=17,
         specialty=Specialty.PAEDIATRIC),
    ward("M", 2, room("M2", 2, sex_policy=SexPolicy.FEMALE), service="medicine"),
)  # fmt: skip
TINY = hospital(ward("M", 2, service="medicine"))
REBUILT = hospital(
    ward("M", room("M1", 1), room("M2", 2), service="medicine"),
    ward("S", room("S9", equipment="telemetry bariatric"), service="surgery"),
)
HOUSES = (MIXED, FAMILY, TINY, REBUILT)

BEDS = sorted({bed for house in HOUSES for bed in house.spots})


def sets_of(kind: type, most: int = 1) -> st.SearchStrategy[frozenset]:
    return st.frozensets(st.sampled_from(list(kind)), max_size=most)


@st.composite
def any_needs(draw: st.DrawFn, visits: tuple[str, ...]) -> Needs:
    """Mostly plain patients, so that beds are taken; now and then everything at once."""
    plain = draw(st.booleans())
    newborn = not plain and draw(st.booleans())
    return Needs(
        service=draw(st.sampled_from(["medicine", "surgery"] if plain else ["medicine", "maternity", "paediatrics"])),
        level=Level.ACUTE if plain else draw(st.sampled_from(Level)),
        sex=draw(st.sampled_from([Sex.FEMALE, Sex.MALE] if plain else list(Sex))),
        age_years=50 if plain else draw(st.sampled_from([None, 0, 17, 18, 90])),
        equipment=frozenset() if plain else draw(sets_of(Equipment)),
        precautions=frozenset() if plain else draw(sets_of(Precaution, 2)),
        specialty=None if plain else draw(st.sampled_from([None, Specialty.MATERNITY, Specialty.PAEDIATRIC])),
        newborn=newborn,
        mother=draw(st.sampled_from(visits)) if newborn else None,
        cohort=None if plain else draw(st.sampled_from([None, "c1"])),
    )
