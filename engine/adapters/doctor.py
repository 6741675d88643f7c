"""What can be wrong around a worker, each found with a way to mend it. Looks, and changes nothing."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from difflib import get_close_matches
from enum import StrEnum

import msgspec

from engine.adapters.maps import load_houses
from engine.adapters.redis_check import redis_findings
from engine.adapters.topics import inspect_topics
from engine.core.errors import BadInput
from engine.settings import PREFIX, Settings

# Read outside Settings: where downloaded jars are kept.
ALSO_READ = frozenset({f"{PREFIX}CACHE"})
EARLIEST_CLOCK_SECONDS = 1_735_689_600  # 2025-01-01: a machine that believes less has lost its clock


class Health(StrEnum):
    """`unseen`: could not be looked at with the rights we have; it is no failure, and no reassurance."""

    RIGHT = "right"
    WRONG = "wrong"
    UNSEEN = "unseen"


class Finding(msgspec.Struct, frozen=True):
    """One thing looked at. `mend` says what to do where it is not right."""

    what: str
    health: Health
    said: str
    mend: str = ""


def examine(settings: Settings) -> list[Finding]:
    """Everything `bedstream doctor` looks at, in order; one service being away does not hide the rest."""
    checks: tuple[Callable[[Settings], Iterator[Finding]], ...] = (_variables, _clock, _map, _model, _kafka, _redis)
    return [finding for check in checks for finding in check(settings)]


def _variables(_: Settings) -> Iterator[Finding]:
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields} | ALSO_READ
    for name in sorted(os.environ):
        if name.startswith(PREFIX) and name not in known:
            near = get_close_matches(name, known, n=1)
            mend = f"did you mean {near[0]}?" if near else "take it out, or see docs/settings.md"
            yield Finding("settings", Health.WRONG, f"{name} is not a setting", mend)


def _clock(_: Settings) -> Iterator[Finding]:
    if time.time() < EARLIEST_CLOCK_SECONDS:
        yield Finding("clock", Health.WRONG, "this machine's clock lies years back", "let it follow a time server")


def _map(settings: Settings) -> Iterator[Finding]:
    try:
        houses = load_houses(settings.maps)
    except BadInput as error:
        yield Finding("map", Health.WRONG, str(error), f"mend the file, or set {PREFIX}MAPS")
        return
    for name, house in houses.items():
        yield Finding("map", Health.RIGHT, f"{name}: {len(house.facility.spots):,} bed places in {settings.maps}")


def _model(settings: Settings) -> Iterator[Finding]:
    if settings.models is None:
        yield Finding("model", Health.RIGHT, "no trained model is set: the strata fallback forecasts stays")
    elif settings.models.is_dir():
        yield Finding("model", Health.RIGHT, f"models are in {settings.models}")
    else:
        said = f"{settings.models} is no directory: the strata fallback forecasts stays"
        yield Finding("model", Health.WRONG, said, f"set {PREFIX}MODELS to a model store, or unset it")


def _kafka(settings: Settings) -> Iterator[Finding]:
    try:
        found = inspect_topics(settings)
    except BadInput as error:
        yield _split("Kafka", str(error))
        return
    yield Finding("Kafka", Health.RIGHT, f"answers at {settings.kafka_bootstrap} ({settings.kafka_security_protocol})")
    for status in found:
        if status.problem:
            yield _split("topic", status.problem)
    if not any(status.problem for status in found):
        yield Finding("topics", Health.RIGHT, f"all {len(found)} are there, with the right settings")


def _redis(settings: Settings) -> Iterator[Finding]:
    for right, sentence in redis_findings(settings):
        if right:
            yield Finding("Redis", Health.RIGHT, sentence)
        else:
            yield _split("Redis", sentence, Health.WRONG if right is False else Health.UNSEEN)


def _split(what: str, sentence: str, health: Health = Health.WRONG) -> Finding:
    """`what is wrong: what to do` in two columns. The last colon before a space divides them."""
    said, _, mend = sentence.rpartition(": ")
    return Finding(what, health, said or mend, mend if said else "")
