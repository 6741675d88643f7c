"""The StayModels port: which forecaster serves a model named by the log. Untrained, the strata serve all."""

from __future__ import annotations

import logging

from engine.adapters.ports import LaneObserver
from engine.adapters.stay_strata import MODEL, StrataForecaster
from engine.core.stay import StayForecaster

log = logging.getLogger(__name__)


class FallbackModels:
    """Serves the strata distribution; any other model is missing here, which is told once each and measured."""

    def __init__(self, observer: LaneObserver) -> None:
        self._strata = StrataForecaster()
        self._observer = observer
        self._missed: set[str] = set()

    def serving(self, model: str) -> StayForecaster:
        if model not in {MODEL, *self._missed}:
            self._missed.add(model)
            self._observer.model_fallback(model, is_serving=True)
            log.warning("stay model %s is not here: the strata distribution serves in its place", model)
        return self._strata
