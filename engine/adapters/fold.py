"""One sequential fold of adt.events: what the ledger and the store must equal, byte for byte."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from engine.adapters.batch import decide_one, forecast
from engine.adapters.wire import Delivery, Refused, read
from engine.core.census import Census
from engine.core.codec import encode_record
from engine.core.ledger import Arrival, Openings
from engine.core.stay import StayModels


class Folded(msgspec.Struct, frozen=True):
    """Per facility: the ledger's bytes in order, and the census they lead to."""

    ledger: dict[str, list[bytes]]
    censuses: dict[str, Census]
    refused: list[Refused]


def fold(
    deliveries: Iterable[Delivery], topic_id: str, partitions: int, openings: Openings, models: StayModels
) -> Folded:
    """Every delivery once, in order, one by one: no batches, no cache, no store."""
    folded = Folded({}, {}, [])
    for delivery in deliveries:
        reading = read(delivery, topic_id, partitions)
        if isinstance(reading, Refused):
            folded.refused.append(reading)
        else:
            _fold_one(folded, delivery, reading, openings, models)
    return folded


def _fold_one(folded: Folded, delivery: Delivery, arrival: Arrival, openings: Openings, models: StayModels) -> None:
    facility = arrival.event.facility
    census = folded.censuses.get(facility) or Census(facility)
    opening = openings.of(arrival.event)
    if opening is None and census.version == 0:
        folded.refused.append(Refused("unknown_facility", facility))
        return
    model = census.model or (opening.model if opening else "")
    record = decide_one(census, arrival, forecast([(delivery, arrival)], {facility: model}, models), openings)
    if isinstance(record, Refused):
        folded.refused.append(record)
        return
    folded.censuses[facility] = census
    folded.ledger.setdefault(facility, []).append(encode_record(record))
