"""Time passes on the log too: an idle house gets a TimePassed event, so that its timers fire while nothing happens."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from engine.adapters.kafka_ledger import KafkaLedger
from engine.adapters.ledger_topic import LedgerAway
from engine.core.census import Census
from engine.core.codec import encode_event
from engine.core.events import TimePassed

log = logging.getLogger(__name__)

# A house whose lane time is further back lives in a replay: the wall clock would tear its timers out of their time.
LIVE_WITHIN = timedelta(hours=24)


async def tick(owned: Callable[[], list[Census]], ledger: KafkaLedger, seconds: float) -> None:
    """Until cancelled: every `seconds`, one TimePassed for each live house that has been quiet that long."""
    while True:
        await asyncio.sleep(seconds)
        now = datetime.now(UTC)
        for census in owned():
            if census.lane_time is None or not timedelta(seconds=seconds) <= now - census.lane_time <= LIVE_WITHIN:
                continue
            try:
                await ledger.publish_event(census.facility_id, encode_event(_time_passed(census.facility_id, now)))
            except LedgerAway as error:
                log.warning("time could not be told to the house: %s", error)


def _time_passed(facility: str, now: datetime) -> TimePassed:
    return TimePassed(event_id=f"tick-{uuid4()}", facility=facility, at=now, source="bedstream worker")
