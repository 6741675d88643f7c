"""One facility on this worker: its census, a cache of the store; what the ledger confirmed; how to take it over."""

from __future__ import annotations

from contextlib import aclosing
from datetime import datetime

from engine.adapters.ledger_topic import LedgerTopic
from engine.adapters.ports import LaneObserver
from engine.adapters.store import Commit, Store, Stored
from engine.core.census import Census, encode_row
from engine.core.codec import decode_record, encode_record
from engine.core.ledger import LedgerGap, Record, apply_record


class Tenant:
    """A facility's census here. `confirmed` is the last version the broker has acknowledged, at `ledger_offset`."""

    __slots__ = ("census", "confirmed", "ledger_offset")

    def __init__(self, census: Census, confirmed: int, ledger_offset: int) -> None:
        self.census = census
        self.confirmed = confirmed
        self.ledger_offset = ledger_offset

    def commit_of(self, draft: Census, records: list[Record]) -> Commit:
        """What the store has to do to make a batch so: changes, fences and ledger bytes."""
        changes = draft.changed_bytes()
        beds = {bed: encode_row(row) if (row := self.census.beds.get(bed)) else None for bed in changes.get("beds", {})}
        return Commit(
            facility=draft.facility_id,
            expected_version=self.census.version,
            expected_offset=self.census.meta.offset,
            version=draft.version,
            offset=draft.meta.offset,
            changes=changes,
            expected_beds=beds,
            records=tuple(encode_record(record) for record in records),
            confirmed=self.confirmed,
            ledger_offset=self.ledger_offset,
        )


async def take_over(facility: str, store: Store, ledger: LedgerTopic, observer: LaneObserver) -> Tenant:
    """The facility's census from the store, brought up to the ledger; what only the store had is published again.

    Raises StoreAway or LedgerAway while a dependency is away, LedgerGap where the ledger lacks what it builds on.
    """
    stored = await store.load(facility)
    census = Census.load(facility, stored.tables) if stored else Census(facility)
    known, published = census.version, stored.confirmed if stored else 0
    offset, furthest = stored.ledger_offset if stored else -1, 0
    async with aclosing(ledger.read(facility, offset)) as entries:
        async for entry in entries:
            record, offset = decode_record(entry.raw), entry.offset
            furthest = max(furthest, record.version)
            published += record.version == published + 1
            if record.version == census.version + 1:  # what comes too early comes again in order: see docs/delivery.md
                apply_record(census, record)
    if furthest > census.version:
        raise LedgerGap(f"the ledger of {facility} has {furthest} but not {census.version + 1}: restore a backup")
    if census.version > known:
        observer.rebuilt()
        rebuilt = Stored(_filled(census), census.version, offset, ())
        await store.install(facility, rebuilt, census.version, census.meta.offset)
    elif stored and published < known:
        offset = await _publish_again(facility, stored, published, census, ledger)
    return Tenant(census, census.version, offset)


async def _publish_again(facility: str, stored: Stored, published: int, census: Census, ledger: LedgerTopic) -> int:
    """Versions the store has and the ledger may lack; readers drop what they know already (same bytes)."""
    missing = stored.outbox[published - census.version :]
    lane_time = census.lane_time
    assert lane_time is not None, "a census with a version has a lane time"
    return await (await ledger.append(facility, missing, milliseconds(lane_time)))


def milliseconds(at: datetime) -> int:
    """Kafka's record timestamp for an aware datetime."""
    return round(at.timestamp() * 1000)


def _filled(census: Census) -> dict[str, dict[str, bytes]]:
    return {name: rows for name, rows in census.dump().items() if rows}
