"""Port to the bed state: compare-and-set per facility. Redis in production, memory in tests; one conformance suite."""

from __future__ import annotations

from typing import Protocol

import msgspec

TableBytes = dict[str, dict[str, bytes]]
TableChanges = dict[str, dict[str, bytes | None]]


class StoreAway(RuntimeError):
    """The store did not answer, or answered with an error: what became of the last commit is not known."""


class Stored(msgspec.Struct, frozen=True):
    """A facility as the store holds it. `outbox` are the ledger bytes of versions confirmed + 1 … version."""

    tables: TableBytes
    confirmed: int
    ledger_offset: int
    outbox: tuple[bytes, ...]


class Commit(msgspec.Struct, frozen=True):
    """One facility's part of a batch.

    It happens whole, and only if the store stands at `expected_version` / `expected_offset` and each bed it changes is
    still as `expected_beds` says (None: untouched so far). `confirmed` and `ledger_offset` say how far the ledger is
    known to be safe: the outbox is trimmed to it.
    """

    facility: str
    expected_version: int
    expected_offset: int
    version: int
    offset: int
    changes: TableChanges
    expected_beds: dict[str, bytes | None]
    records: tuple[bytes, ...]
    confirmed: int
    ledger_offset: int


class Store(Protocol):
    """The bed state of every facility."""

    async def load(self, facility: str) -> Stored | None:
        """A facility's whole state, or None when the store has none. Raises StoreAway."""
        ...

    async def commit(self, commits: list[Commit]) -> list[bool]:
        """Carry out each or leave its facility as it is (False). Raises StoreAway when the outcome is unknown."""
        ...

    async def install(self, facility: str, stored: Stored, version: int, offset: int) -> None:
        """Replace a facility's state with one rebuilt from the ledger, unless the store is already further on."""
        ...


class MemoryStore:
    """The port in memory: for tests of what stands on it."""

    def __init__(self) -> None:
        self._rows: dict[str, TableBytes] = {}
        self._outbox: dict[str, list[bytes]] = {}
        self._heads: dict[str, tuple[int, int, int, int]] = {}  # version, offset, confirmed, ledger offset

    async def load(self, facility: str) -> Stored | None:
        if facility not in self._heads:
            return None
        _, _, confirmed, ledger_offset = self._heads[facility]
        tables = {name: dict(rows) for name, rows in self._rows[facility].items() if rows}
        return Stored(tables, confirmed, ledger_offset, tuple(self._outbox[facility]))

    async def commit(self, commits: list[Commit]) -> list[bool]:
        return [self._commit(commit) for commit in commits]

    def _commit(self, commit: Commit) -> bool:
        version, offset, confirmed, ledger_offset = self._heads.get(commit.facility, (0, -1, 0, -1))
        beds = self._rows.get(commit.facility, {}).get("beds", {})
        same_beds = all(beds.get(bed) == raw for bed, raw in commit.expected_beds.items())
        if (version, offset) != (commit.expected_version, commit.expected_offset) or not same_beds:
            return False
        rows = self._rows.setdefault(commit.facility, {})
        for table, changes in commit.changes.items():
            for key, raw in changes.items():
                if raw is None:
                    rows.get(table, {}).pop(key, None)
                else:
                    rows.setdefault(table, {})[key] = raw
        outbox = self._outbox.setdefault(commit.facility, [])
        safe = max(confirmed, commit.confirmed)
        del outbox[: safe - confirmed]
        outbox.extend(commit.records)
        position = max(ledger_offset, commit.ledger_offset)
        self._heads[commit.facility] = (commit.version, commit.offset, safe, position)
        return True

    async def install(self, facility: str, stored: Stored, version: int, offset: int) -> None:
        if self._heads.get(facility, (0,))[0] > version:
            return
        self._rows[facility] = {name: dict(rows) for name, rows in stored.tables.items()}
        self._outbox[facility] = list(stored.outbox)
        self._heads[facility] = (version, offset, stored.confirmed, stored.ledger_offset)
