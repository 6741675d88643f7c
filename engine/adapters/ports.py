"""What the lane and the planner tell whoever watches them, and a watcher that takes no notes."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from engine.core.census import Census
from engine.core.ledger import Record
from engine.planning.message import PlanMessage


class LaneObserver(Protocol):
    """Port: called by the lane, in order, from its own thread. Nothing here may raise or block."""

    def took(self, census: Census) -> None:
        """A facility's census was loaded or rebuilt: it is this worker's from here on."""

    def dropped(self, facility: str) -> None:
        """The facility belongs to another worker, or its census was thrown away."""

    def observe(self, census: Census, record: Record) -> None:
        """A record was decided; `census` (or a draft) has it applied. Decided again after a conflict it counts once."""

    def decided(self, seconds: float) -> None:
        """One event took this long to decide."""

    def stage(self, name: str) -> AbstractContextManager[object]:
        """Times one stage of a batch: gather, decode, predict, decide, commit, publish."""

    def conflict(self) -> None:
        """A commit was refused or its outcome is unknown; the batch runs again."""

    def redelivery(self, records: int = 1) -> None:
        """Records that were applied before came again."""

    def rejected(self, reason_class: str) -> None:
        """A record went to adt.rejected; the class is one of a closed set, never the sentence."""

    def rebuilt(self) -> None:
        """A census was rebuilt from the ledger."""

    def lag(self, partition: int, seconds: float) -> None:
        """Age of the last committed record of the partition."""

    def paused(self, partition: int, is_paused: bool) -> None:
        """The partition waits for a dependency, or goes on."""

    def model_fallback(self, model: str, is_serving: bool) -> None:
        """The fallback serves in place of this model, or no longer does."""


class PlannerObserver(Protocol):
    """Port: called by the planner's task."""

    def plan_done(self, message: PlanMessage) -> None:
        """A run ended and was published."""

    def plan_failed(self, facility: str, reason: str) -> None:
        """A run brought nothing; `reason` is a class, not a sentence."""

    def plan_coalesced(self, facility: str, runs: int) -> None:
        """So many runs came due while another was at work, and became one."""


class Unobserved:
    """Both ports, taking no notes."""

    def took(self, census: Census) -> None: ...
    def dropped(self, facility: str) -> None: ...
    def observe(self, census: Census, record: Record) -> None: ...
    def decided(self, seconds: float) -> None: ...
    def stage(self, name: str) -> AbstractContextManager[object]:  # noqa: ARG002 - a port's signature
        return nullcontext()

    def conflict(self) -> None: ...
    def redelivery(self, records: int = 1) -> None: ...
    def rejected(self, reason_class: str) -> None: ...
    def rebuilt(self) -> None: ...
    def lag(self, partition: int, seconds: float) -> None: ...
    def paused(self, partition: int, is_paused: bool) -> None: ...
    def model_fallback(self, model: str, is_serving: bool) -> None: ...
    def plan_done(self, message: PlanMessage) -> None: ...
    def plan_failed(self, facility: str, reason: str) -> None: ...
    def plan_coalesced(self, facility: str, runs: int) -> None: ...
