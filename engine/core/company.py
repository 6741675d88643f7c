"""Who shares a room: what the room rules need to know of the other patients, and no more."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from engine.core.events import Needs
from engine.core.terms import Precaution, Sex

Isolation = tuple[tuple[Precaution, ...], str | None]
NOT_ISOLATED: Isolation = ((), None)


class Company(NamedTuple):
    """The other patients of a room. Newborns count only when they are isolated.

    `isolations`: distinct (precautions, confirmed cohort) of everybody, NOT_ISOLATED for those without precautions.
    """

    patients: int = 0
    sexes: tuple[Sex, ...] = ()
    isolations: tuple[Isolation, ...] = ()

    @property
    def is_isolated(self) -> bool:
        return any(isolation != NOT_ISOLATED for isolation in self.isolations)


EMPTY = Company()


def isolation_of(needs: Needs) -> Isolation:
    return (tuple(sorted(needs.precautions)), needs.cohort) if needs.precautions else NOT_ISOLATED


def company_of(others: Iterable[Needs | None]) -> Company:
    """What these patients are to one who would join them. Unknown needs count as a patient of unknown sex."""
    patients, sexes, isolations = 0, set(), set()
    for needs in others:
        if needs is not None and needs.newborn and not needs.precautions:
            continue
        patients += 1
        sexes.add(Sex.OTHER_OR_UNKNOWN if needs is None else needs.sex)
        isolations.add(NOT_ISOLATED if needs is None else isolation_of(needs))
    return Company(patients, tuple(sorted(sexes)), tuple(sorted(isolations, key=repr))) if patients else EMPTY
