"""A mapping in layers: a draft writes on its own layer and never on what lies below.

The changes of one layer are exactly what a commit has to write, so drafts, batches and Redis share this one idea.
Values must be immutable; nothing here copies them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Generic, TypeVar, overload

K = TypeVar("K")
V = TypeVar("V")
D = TypeVar("D")


class _Gone:
    """Marks a key that this layer took away."""

    def __repr__(self) -> str:
        return "GONE"


GONE: Final = _Gone()
_ABSENT: Final = _Gone()


class Table(Generic[K, V]):
    """A dict-like table, optionally on top of another that it shadows."""

    __slots__ = ("base", "own")

    def __init__(self, own: dict[K, V] | None = None, base: Table[K, V] | None = None) -> None:
        self.own: dict[K, V | _Gone] = dict(own) if own else {}
        self.base = base

    @overload
    def get(self, key: K) -> V | None: ...
    @overload
    def get(self, key: K, default: D) -> V | D: ...
    def get(self, key: K, default: object = None) -> object:
        layer: Table[K, V] | None = self
        while layer is not None:
            if key in layer.own:
                value = layer.own[key]
                return default if value is GONE else value
            layer = layer.base
        return default

    def __getitem__(self, key: K) -> V:
        value = self.get(key, _ABSENT)
        if isinstance(value, _Gone):
            raise KeyError(key)
        return value

    def __contains__(self, key: K) -> bool:
        return self.get(key, _ABSENT) is not _ABSENT

    def __setitem__(self, key: K, value: V) -> None:
        self.own[key] = value

    def remove(self, key: K) -> None:
        """Take the key away; nothing happens when it is not there."""
        if self.base is None:
            self.own.pop(key, None)
        else:
            self.own[key] = GONE

    def layer(self) -> Table[K, V]:
        """An empty table on top of this one."""
        layer: Table[K, V] = Table.__new__(Table)
        layer.own, layer.base = {}, self
        return layer

    def changes(self) -> dict[K, V | _Gone]:
        """What this layer sets (value) or takes away (GONE)."""
        return self.own

    def absorb(self, changes: dict[K, V | _Gone]) -> None:
        """Take over another layer's changes."""
        if self.base is not None:
            self.own.update(changes)
            return
        for key, value in changes.items():
            if isinstance(value, _Gone):
                self.own.pop(key, None)
            else:
                self.own[key] = value

    def flat(self) -> dict[K, V]:
        """All keys and values, layers merged. Order is not part of the state."""
        merged = self.base.flat() if self.base is not None else {}
        for key, value in self.own.items():
            if isinstance(value, _Gone):
                merged.pop(key, None)
            else:
                merged[key] = value
        return merged

    def items(self) -> Iterator[tuple[K, V]]:
        return iter(self.flat().items())

    def values(self) -> Iterator[V]:
        return iter(self.flat().values())

    def __iter__(self) -> Iterator[K]:
        return iter(self.flat())

    def __len__(self) -> int:
        return len(self.flat())
