"""How long the property tests search: short by default, longer with BEDSTREAM_TEST_SEARCH=long."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

LONG = os.environ.get("BEDSTREAM_TEST_SEARCH") == "long"


def search(examples: int, steps: int = 50) -> settings:
    """Settings for one test: `examples` in CI, forty times as many in a long search."""
    return settings(
        max_examples=examples * 40 if LONG else examples,
        stateful_step_count=steps * 2 if LONG else steps,
        deadline=None,
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
