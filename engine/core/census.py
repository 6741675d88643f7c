"""Who lies where, who waits, which bed is in which state. `apply(decision)` is its only writer.

A census is a set of tables. A draft lays an empty layer over each; the layer's changes are what a commit writes.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from engine.core.decisions import Decision
from engine.core.facility import Facility
from engine.core.openings import Openings
from engine.core.policy import Policy
from engine.core.state import BedState, House, Meta, Prices, QueueEntry, Seen
from engine.core.tables import GONE, Table
from engine.core.terms import BedStatus
from engine.core.visit import Visit
from engine.core.writers import WRITERS

TABLES: dict[str, Any] = {
    "house": House,
    "visits": Visit,
    "beds": BedState,
    "queue": QueueEntry,
    "timers": datetime,
    "seen": int,
    "seen_log": Seen,
}
_DECODERS = {name: msgspec.json.Decoder(kind) for name, kind in TABLES.items()}
_encode = msgspec.json.Encoder(order="deterministic").encode
_DEFAULT_POLICY = Policy()


def encode_row(row: object) -> bytes:
    """A row of any table as its canonical bytes."""
    return _encode(row)


class Census:
    """One facility's state. Cheap to draft: a draft sees what lies below and writes only on itself."""

    __slots__ = (
        "agenda",
        "beds",
        "facility",
        "facility_id",
        "house",
        "line",
        "meta",
        "openings",
        "policy",
        "prices",
        "queue",
        "seen",
        "seen_log",
        "timers",
        "visits",
    )

    def __init__(self, facility_id: str) -> None:
        self.facility_id = facility_id
        self.meta = Meta()
        self.house: Table[str, House] = Table()
        self.visits: Table[str, Visit] = Table()
        self.beds: Table[str, BedState] = Table()
        self.queue: Table[str, QueueEntry] = Table()
        self.timers: Table[str, datetime] = Table()
        self.seen: Table[str, int] = Table()
        self.seen_log: Table[str, Seen] = Table()
        self.line: tuple[tuple[int, datetime, str], ...] = ()
        self.agenda: tuple[tuple[datetime, str], ...] = ()
        self.openings = Openings()
        self._read_house()

    # -- what the house is run by ------------------------------------------------------------------------------------

    def set_house(self, row: str, house: House) -> None:
        """Put in force a map, a policy or prices: the rows of `house`, which are read far too often to look them up."""
        self.house[row] = house
        self._read_house()

    def _read_house(self) -> None:
        self.facility: Facility | None = self.house.get("map", _EMPTY_HOUSE).map
        self.policy: Policy = self.house.get("policy", _EMPTY_HOUSE).policy or _DEFAULT_POLICY
        self.prices: Prices = self.house.get("prices", _EMPTY_HOUSE).prices or _NO_PRICES

    @property
    def model(self) -> str:
        return self.meta.model

    @property
    def version(self) -> int:
        return self.meta.version

    @property
    def lane_time(self) -> datetime | None:
        return self.meta.lane_time

    # -- questions ---------------------------------------------------------------------------------------------------

    def waiting(self) -> list[QueueEntry]:
        """Who waits, in the order in which they are looked at: priority, then since when, then visit id."""
        return [self.queue[visit] for _, _, visit in self.line]

    def visit(self, visit_id: str) -> Visit | None:
        """The visit, or the one it was merged into."""
        found = self.visits.get(visit_id)
        while found is not None and found.merged_into is not None:
            found = self.visits.get(found.merged_into)
        return found

    def bed(self, bed_id: str) -> BedState:
        """A bed of the map as it is now; one that nothing happened to yet is as the map says (surge beds closed)."""
        found = self.beds.get(bed_id)
        if found is not None:
            return found
        spot = self.facility.spots.get(bed_id) if self.facility else None
        return _SURGE if spot is not None and spot.bed.surge else _UNTOUCHED

    # -- change ------------------------------------------------------------------------------------------------------

    def draft(self) -> Census:
        """A census that sees this one and never writes on it."""
        draft = Census.__new__(Census)
        draft.facility_id = self.facility_id
        draft.meta, draft.line, draft.agenda = self.meta, self.line, self.agenda
        draft.facility, draft.policy, draft.prices = self.facility, self.policy, self.prices
        draft.house, draft.visits, draft.beds = self.house.layer(), self.visits.layer(), self.beds.layer()
        draft.queue, draft.timers = self.queue.layer(), self.timers.layer()
        draft.seen, draft.seen_log = self.seen.layer(), self.seen_log.layer()
        draft.openings = self.openings.draft()
        return draft

    def absorb(self, draft: Census) -> None:
        """Take over a draft of this census."""
        self.meta, self.line, self.agenda = draft.meta, draft.line, draft.agenda
        self.facility, self.policy, self.prices = draft.facility, draft.policy, draft.prices
        for name in TABLES:
            if changes := getattr(draft, name).own:
                getattr(self, name).absorb(changes)
        self.openings.absorb(draft.openings)

    def apply(self, decision: Decision) -> None:
        """Make a decision so."""
        WRITERS[type(decision)](self, decision)

    # -- bytes -------------------------------------------------------------------------------------------------------

    def dump(self) -> dict[str, dict[str, bytes]]:
        """Every table as canonical bytes; two censuses are the same if these are."""
        tables = {name: {key: _encode(row) for key, row in getattr(self, name).flat().items()} for name in TABLES}
        return {"meta": {"meta": _encode(self.meta)}, **tables}

    def changed_bytes(self) -> dict[str, dict[str, bytes | None]]:
        """What this draft changes, per table: new bytes, or None for a row taken away."""
        changed: dict[str, dict[str, bytes | None]] = {"meta": {"meta": _encode(self.meta)}}
        for name in TABLES:
            if rows := getattr(self, name).changes():
                changed[name] = {key: None if row is GONE else _encode(row) for key, row in rows.items()}
        return changed

    @classmethod
    def load(cls, facility_id: str, tables: dict[str, dict[str, bytes]]) -> Census:
        """The census whose dump() these tables are."""
        census = cls(facility_id)
        for name, decoder in _DECODERS.items():
            rows = {key: decoder.decode(raw) for key, raw in tables.get(name, {}).items()}
            setattr(census, name, Table(rows))
        census._read_house()
        if raw := tables.get("meta", {}).get("meta"):
            census.meta = msgspec.json.decode(raw, type=Meta)
        census.line = tuple(sorted(entry.order for entry in census.queue.values()))
        census.agenda = tuple(sorted((due, key) for key, due in census.timers.items()))
        census.openings.fill(census)
        return census


_EMPTY_HOUSE = House()
_NO_PRICES = Prices()
_UNTOUCHED = BedState()
_SURGE = BedState(status=BedStatus.CLOSED)
