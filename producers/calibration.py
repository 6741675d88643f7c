"""Figures a believable house is drawn from, each with its source.

SPARCS: New York State's hospital inpatient discharges (health.data.ny.gov), 2024, 2,196,737 stays; weekdays from the
2012 export, the last one that has them. Where a line says “assumption”, no public figure was at hand.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

import msgspec

from engine.core.terms import AdmissionType


class LogNormal(msgspec.Struct, frozen=True):
    """Nights: ln(nights) has mean `mu` and standard deviation `sigma`."""

    mu: float
    sigma: float


# Nights by admission type (SPARCS 2024). Urgent and trauma stays are near enough to emergency ones.
STAY_NIGHTS: Final = MappingProxyType(
    {
        AdmissionType.ELECTIVE: LogNormal(1.13, 0.79),
        AdmissionType.EMERGENCY: LogNormal(1.31, 0.87),
        AdmissionType.URGENT: LogNormal(1.31, 0.87),
        AdmissionType.TRAUMA: LogNormal(1.31, 0.87),
        AdmissionType.NEWBORN: LogNormal(0.88, 0.54),
        AdmissionType.UNKNOWN: LogNormal(1.31, 0.87),
    }
)
# A log-normal alone ends long stays too soon. With 6 % of emergency stays drawn from one that is e^1.29 times longer,
# the mean is 5.65 days (SPARCS 5.81) and the mean residual stay at 0, 3, 7, 14, 30 days is 5.7, 6.2, 8.3, 11.7, 18.3
# (5.2, 6.2, 8.6, 11.5, 16.8).
LONG_STAY_SHARE: Final = 0.06
LONG_STAY_SHIFT: Final = 1.29
LONG_STAY_SIGMA: Final = 0.90
LONGEST_STAY_NIGHTS: Final = 120

# Share of a week's admissions, Monday first (SPARCS 2012). Newborn, urgent and trauma come like emergencies.
WEEKDAYS_ELECTIVE: Final = (0.219, 0.187, 0.198, 0.169, 0.145, 0.039, 0.043)
WEEKDAYS_OTHER: Final = (0.153, 0.153, 0.161, 0.150, 0.150, 0.117, 0.116)
# Chance that a patient leaves on this day, Monday first (SPARCS 2012).
DISCHARGE_HAZARD: Final = (0.193, 0.195, 0.212, 0.212, 0.242, 0.162, 0.115)

# (from hour, to hour, share): arrivals in an emergency department by time of day.
EMERGENCY_HOURS: Final = ((0, 6, 0.12), (6, 12, 0.24), (12, 18, 0.36), (18, 24, 0.28))
# Assumption: planned patients are asked to come in the morning.
ELECTIVE_HOURS: Final = ((6, 8, 0.45), (8, 10, 0.35), (10, 13, 0.20))
# Departures: 13 % before noon, 42 % before 15:00, half of them within the hour that begins then; how the rest falls is
# an assumption.
DISCHARGE_HOURS: Final = ((8, 12, 0.13), (12, 15, 0.29), (15, 16, 0.10), (16, 18, 0.30), (18, 21, 0.18))

# Age groups in the export's texts, with the years they span and their share of stays (SPARCS 2024).
AGE_GROUPS: Final = (
    ("0 to 17", 0, 17, 0.137),
    ("18 to 29", 18, 29, 0.083),
    ("30 to 49", 30, 49, 0.193),
    ("50 to 69", 50, 69, 0.265),
    ("70 or Older", 70, 95, 0.322),
)
THROUGH_ED_SHARE: Final = 0.627  # of all stays, SPARCS 2024

# Assumptions of the simulated house.
HOURS_IN_ED_BEFORE_REQUEST: Final = (1.0, 5.0)
TRANSPORT_MINUTES: Final = (15.0, 45.0)
ELECTIVE_LEAD_DAYS: Final = 14
SCHEDULE_CANCELLED_SHARE: Final = 0.05
ADMISSION_CANCELLED_SHARE: Final = 0.005
PATIENCE_HOURS: Final = 72.0  # then the patient is taken in by another house
SHORTEST_BED_STAY_HOURS: Final = 4.0
STAY_AFTER_HIGHER_LEVEL: Final = 0.6  # of an ordinary stay on the service that takes over
BIRTHS_PER_MATERNITY_STAY: Final = 0.95
IMAGING_SHARE: Final = 0.30
LEAVE_SHARE_PSYCHIATRY: Final = 0.20
PRECAUTIONS_FOUND_LATER_SHARE: Final = 0.02
SEX_NOT_STATED_SHARE: Final = 0.002
ANSWER_ACCEPTED_SHARE: Final = 0.9
