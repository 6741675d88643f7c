"""The time grid of a window: slots of 4 h for the first day, then 12 h. Hours count from the census's lane time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FINE_HOURS = 4.0
FINE_UNTIL_HOURS = 24.0
COARSE_HOURS = 12.0


def slot_edges(horizon_hours: float) -> NDArray[np.float64]:
    """Edges in hours, shape [slots + 1], first 0, last `horizon_hours`; a last slot may be shorter."""
    if horizon_hours <= 0:
        raise ValueError(f"a window needs a horizon above 0 hours, not {horizon_hours}")
    fine = np.arange(0.0, min(horizon_hours, FINE_UNTIL_HOURS), FINE_HOURS)
    coarse = np.arange(FINE_UNTIL_HOURS, horizon_hours, COARSE_HOURS)
    return np.concatenate([fine, coarse, [horizon_hours]])


def slot_of(edges: NDArray[np.float64], hours: float) -> int:
    """The slot that contains `hours`; the past belongs to the first slot, and the horizon's end has number `slots`."""
    return int(np.searchsorted(edges, max(0.0, hours), side="right")) - 1
