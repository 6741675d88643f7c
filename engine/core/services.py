"""The services of a general hospital as data: who is admitted to them, how long they stay, what they need.

One table for the map generator, which sizes wards from it, and for the simulator, which draws patients from it. The mix
by admission type and the mean stays follow New York's SPARCS figures (2024: mean stay 5.8 days, a mother for every
newborn); how they fall to services, and the shares of needs, are this project's assumptions for a believable house.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

import msgspec

from engine.core.terms import AdmissionType, Level, Precaution, Specialty


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """One service. `home` is the service of the ward it lies on (newborns lie beside their mothers, on maternity).

    Shares are of the service's own patients; `stay_sigma` is the log-normal shape of the stay; `goes_on_to` is the
    service a patient of this level of care usually continues in (None: goes home from here).
    """

    name: str
    home: str
    mean_stay_days: float
    stay_sigma: float = 0.85
    level: Level = Level.ACUTE
    specialty: Specialty | None = None
    youngest_years: int = 18
    oldest_years: int = 130
    telemetry_share: float = 0.0
    protective_share: float = 0.0
    related: frozenset[str] = frozenset()
    goes_on_to: str | None = None


def _service(name: str, mean_stay_days: float, *related: str, home: str | None = None, **rest: object) -> Service:
    given = {"name": name, "home": home or name, "mean_stay_days": mean_stay_days, "related": frozenset(related)}
    return msgspec.convert(given | rest, Service)


_ALL = (
    _service("medicine", 5.6, "cardiology", "neurology", "oncology", telemetry_share=0.08),
    _service("surgery", 5.4, "orthopaedics", "oncology", telemetry_share=0.04),
    _service("orthopaedics", 4.3, "surgery", "neurology", stay_sigma=0.75),
    _service("cardiology", 4.7, "medicine", telemetry_share=0.60),
    _service("neurology", 6.0, "medicine", "orthopaedics", telemetry_share=0.15),
    _service("oncology", 7.2, "medicine", "surgery", protective_share=0.15),
    _service("intensive_care", 4.6, "step_down", level=Level.INTENSIVE, stay_sigma=0.95, goes_on_to="medicine"),
    _service("step_down", 3.8, "intensive_care", "cardiology", level=Level.STEP_DOWN, goes_on_to="medicine"),
    _service("maternity", 2.7, specialty="maternity", stay_sigma=0.45, youngest_years=14, oldest_years=55),
    _service(
        "newborn", 2.8, home="maternity", specialty="maternity", stay_sigma=0.54, youngest_years=0, oldest_years=0
    ),
    _service("paediatrics", 3.6, specialty="paediatric", youngest_years=0, oldest_years=17),
    _service("psychiatry", 12.0, specialty="psychiatric", stay_sigma=0.80),
    _service("observation", 1.2, "medicine", stay_sigma=0.50),
)
SERVICES: Final = MappingProxyType({service.name: service for service in _ALL})

# Share of all inpatient admissions. Source: SPARCS 2024 (2,196,737 stays), rounded there to .1 %.
ADMISSION_TYPE_SHARES: Final = MappingProxyType(
    {
        AdmissionType.EMERGENCY: 0.665,
        AdmissionType.ELECTIVE: 0.162,
        AdmissionType.NEWBORN: 0.090,
        AdmissionType.URGENT: 0.077,
        AdmissionType.TRAUMA: 0.006,
    }
)
# Service by admission type; each row sums to 1.
SERVICE_SHARES: Final = MappingProxyType(
    {
        AdmissionType.EMERGENCY: {
            "medicine": 0.38,
            "cardiology": 0.13,
            "surgery": 0.10,
            "neurology": 0.07,
            "psychiatry": 0.06,
            "orthopaedics": 0.05,
            "maternity": 0.05,
            "intensive_care": 0.05,
            "step_down": 0.05,
            "oncology": 0.03,
            "paediatrics": 0.03,
        },
        AdmissionType.URGENT: {
            "maternity": 0.25,
            "medicine": 0.20,
            "surgery": 0.13,
            "cardiology": 0.10,
            "oncology": 0.07,
            "orthopaedics": 0.05,
            "psychiatry": 0.05,
            "neurology": 0.04,
            "paediatrics": 0.04,
            "step_down": 0.04,
            "intensive_care": 0.03,
        },
        AdmissionType.ELECTIVE: {
            "orthopaedics": 0.30,
            "surgery": 0.24,
            "maternity": 0.22,
            "cardiology": 0.08,
            "oncology": 0.08,
            "medicine": 0.03,
            "neurology": 0.03,
            "intensive_care": 0.01,
            "step_down": 0.01,
        },
        AdmissionType.NEWBORN: {"newborn": 1.0},
        AdmissionType.TRAUMA: {
            "surgery": 0.45,
            "orthopaedics": 0.25,
            "intensive_care": 0.20,
            "neurology": 0.05,
            "step_down": 0.05,
        },
    }
)
# Observation patients are outside SPARCS: so many come for each inpatient admission, all to the service `observation`.
OBSERVATION_PER_ADMISSION: Final = 0.12

# Shares of adult patients with a precaution (protective: see Service) or in need of a bariatric bed.
PRECAUTION_SHARES: Final = MappingProxyType(
    {Precaution.CONTACT: 0.060, Precaution.DROPLET: 0.025, Precaution.AIRBORNE: 0.012}
)
BARIATRIC_SHARE: Final = 0.03


def admission_share(service: str) -> float:
    """Patients of this service for each inpatient admission of the house (observation patients come on top)."""
    if service == "observation":
        return OBSERVATION_PER_ADMISSION
    return sum(share * SERVICE_SHARES[kind].get(service, 0.0) for kind, share in ADMISSION_TYPE_SHARES.items())
