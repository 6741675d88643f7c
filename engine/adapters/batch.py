"""One batch decided in memory: drafts over the censuses, records to commit, and what was refused."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping

from engine.adapters.ports import LaneObserver
from engine.adapters.tenant import Tenant
from engine.adapters.wire import Delivery, Refused
from engine.core.bed_manager import Forecasts
from engine.core.census import Census
from engine.core.decisions import EventRejected
from engine.core.events import ModelPromoted
from engine.core.ledger import Arrival, Openings, Outcome, Record, advance
from engine.core.stay import AdmissionFacts, StayForecast, StayForecaster, StayModels
from engine.core.visits import admission_of

log = logging.getLogger(__name__)

Reading = tuple[Delivery, Arrival | Refused]


class Batch:
    """What became of one batch, before anything is committed."""

    def __init__(self, tenants: Mapping[str, Tenant], openings: Openings, observer: LaneObserver) -> None:
        self._tenants = tenants
        self._openings = openings
        self._observer = observer
        self.drafts: dict[str, Census] = {}
        self.records: dict[str, list[Record]] = {}
        self.refused: list[tuple[Delivery, Refused]] = []

    def decide(self, readings: Iterable[Reading], forecasts: Forecasts) -> None:
        """Each event in order, seeing what the ones before it decided."""
        for delivery, reading in readings:
            if isinstance(reading, Refused):
                self.refused.append((delivery, reading))
            elif self._is_redelivery(reading):
                self._observer.redelivery()
            else:
                self._decide(delivery, reading, forecasts)

    def _is_redelivery(self, arrival: Arrival) -> bool:
        meta = self._draft(arrival.event.facility).meta
        return meta.topic_id == arrival.position.topic_id and arrival.position.offset <= meta.offset

    def _draft(self, facility: str) -> Census:
        draft = self.drafts.get(facility)
        if draft is None:
            draft = self.drafts[facility] = self._tenants[facility].census.draft()
        return draft

    def _decide(self, delivery: Delivery, arrival: Arrival, forecasts: Forecasts) -> None:
        facility, started = arrival.event.facility, time.perf_counter()
        draft = self._draft(facility)
        record = decide_one(draft, arrival, forecasts, self._openings)
        if isinstance(record, Refused):
            self.refused.append((delivery, record))
            return
        self._observer.decided(time.perf_counter() - started)
        self._observer.observe(draft, record)
        self.records.setdefault(facility, []).append(record)
        if record.outcome is Outcome.REJECTED:
            reason = next(one.reason for one in record.decisions if isinstance(one, EventRejected))
            self.refused.append((delivery, Refused("unapplicable", reason)))


def decide_one(census: Census, arrival: Arrival, forecasts: Forecasts, openings: Openings) -> Record | Refused:
    """The event's record, which the census has then; an event on which the engine fails leaves it as it was."""
    trial = census.draft()
    try:
        record = advance(trial, arrival, forecasts, openings.of(arrival.event))
    except Exception as error:  # a poison event never stops a lane: it is kept, told and left out
        kind = type(arrival.event).__name__
        log.exception("could not decide on a %s", kind)
        return Refused("engine_error", f"the engine failed on this {kind} ({type(error).__name__}): report it")
    census.absorb(trial)
    return record


def segments(readings: list[Reading]) -> list[list[Reading]]:
    """Cut after each promotion of a stay model: what follows is forecast by the new one."""
    cut: list[list[Reading]] = [[]]
    for reading in readings:
        cut[-1].append(reading)
        if isinstance(reading[1], Arrival) and isinstance(reading[1].event, ModelPromoted):
            cut.append([])
    return [segment for segment in cut if segment]


def forecast(readings: list[Reading], model_of: Mapping[str, str], models: StayModels) -> dict[str, StayForecast]:
    """One prediction per model for the whole batch: event id → forecast. `model_of` maps facilities to models."""
    asked: dict[str, list[tuple[str, AdmissionFacts]]] = {}
    for _, reading in readings:
        if isinstance(reading, Arrival) and (facts := admission_of(reading.event)) is not None:
            asked.setdefault(model_of[reading.event.facility], []).append((reading.event.event_id, facts))
    found: dict[str, StayForecast] = {}
    for model, questions in asked.items():
        found.update(_answers(models.serving(model), questions))
    return found


def _answers(model: StayForecaster, questions: list[tuple[str, AdmissionFacts]]) -> dict[str, StayForecast]:
    """A patient on whom the model fails is placed without a forecast; the others of the batch keep theirs."""
    try:
        answers = model.forecast([facts for _, facts in questions])
    except Exception:
        if len(questions) == 1:
            log.exception("the stay model failed on an admission: it goes without a forecast")
            return {}
        return {event_id: one for question in questions for event_id, one in _answers(model, [question]).items()}
    return {event_id: one for (event_id, _), one in zip(questions, answers, strict=True)}
