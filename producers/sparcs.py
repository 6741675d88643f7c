"""SPARCS exports (New York's de-identified hospital discharges), row by row, whatever the year calls its columns."""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import msgspec
import pyarrow as pa
from pyarrow import parquet

from engine.core.errors import BadInput
from engine.core.terms import AdmissionType, Sex
from producers.calibration import AGE_GROUPS, LONGEST_STAY_NIGHTS
from producers.sparcs_columns import ALWAYS_NEEDED, find_columns, plain

CAPPED = "120 +"
ROWS_PER_BATCH = 10_000
_NOTHING = frozenset({"", "na", "nan", "none", "null"})
_WEEKDAYS = {name: number for number, name in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"))}
_AGE_GROUPS = {plain(text): text for text, _, _, _ in AGE_GROUPS}
_TYPES = {plain(kind.value): kind for kind in AdmissionType}
_SEXES = {"f": Sex.FEMALE, "female": Sex.FEMALE, "m": Sex.MALE, "male": Sex.MALE}


class SparcsRow(msgspec.Struct, frozen=True, kw_only=True):
    """One discharge. None where the export has no such column or hides it (redacted rows have no facility).

    `stay_nights` is max(1, nights); `censored` when the export only says “120 or more”. Weekdays: Monday is 0.
    """

    stay_nights: int
    censored: bool
    age_group: str | None
    sex: Sex
    facility: str | None = None
    admission_type: AdmissionType = AdmissionType.UNKNOWN
    through_ed: bool | None = None
    payer: str | None = None
    zip3: str | None = None
    year: int | None = None
    diagnosis: str | None = None
    procedure: str | None = None
    birth_weight_grams: int | None = None
    admit_weekday: int | None = None
    discharge_weekday: int | None = None


class Tally(msgspec.Struct):
    """How many rows were read, and how many were left out for which reason."""

    read: int = 0
    left_out: Counter[str] = msgspec.field(default_factory=Counter)


def read_sparcs(path: Path, tally: Tally | None = None, *, needed: Iterable[str] = ()) -> Iterator[SparcsRow]:
    """The rows of a .csv, .csv.gz or .parquet export, one at a time (memory does not grow with the file).

    Raises BadInput when the file cannot be read or lacks a column (`needed` besides stay, age and sex). A row that
    cannot be used is left out and counted in `tally` by reason.
    """
    tally = Tally() if tally is None else tally
    columns: dict[str, int] = {}
    try:
        for fields in _rows(path):
            if not columns:
                columns = find_columns(fields, (*ALWAYS_NEEDED, *needed), str(path))
                continue
            tally.read += 1
            if (row := _row(fields, columns, tally)) is not None:
                yield row
    except (OSError, EOFError, csv.Error, pa.ArrowException) as error:
        raise BadInput(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    if not columns:
        raise BadInput(f"{path} is empty: a SPARCS export begins with a line of column names")


def _rows(path: Path) -> Iterator[Sequence[str]]:
    """The header, then every row, as texts."""
    if path.suffix == ".parquet":
        yield from _parquet_rows(path)
        return
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8-sig", errors="replace", newline="") as lines:
        yield from csv.reader(lines)


def _parquet_rows(path: Path) -> Iterator[Sequence[str]]:
    with parquet.ParquetFile(path) as file:
        yield file.schema_arrow.names
        for batch in file.iter_batches(batch_size=ROWS_PER_BATCH):
            columns = [column.to_pylist() for column in batch.columns]
            for values in zip(*columns, strict=True):
                yield ["" if value is None else str(value) for value in values]


def _row(fields: Sequence[str], columns: dict[str, int], tally: Tally) -> SparcsRow | None:
    def value(name: str) -> str | None:
        index = columns.get(name)
        if index is None or index >= len(fields):
            return None
        text = fields[index].strip()
        return None if text.lower() in _NOTHING else text

    stay = _stay(value("stay"))
    if stay is None:
        tally.left_out["length of stay is missing or not a number from 1 up"] += 1
        return None
    return _known(stay, value)


def _known(stay: tuple[int, bool], value: Callable[[str], str | None]) -> SparcsRow:
    return SparcsRow(
        stay_nights=stay[0],
        censored=stay[1],
        age_group=_AGE_GROUPS.get(plain(value("age_group") or "")),
        sex=_SEXES.get((value("sex") or "").lower(), Sex.OTHER_OR_UNKNOWN),
        facility=_code(value("facility")),
        admission_type=_TYPES.get(plain(value("admission_type") or ""), AdmissionType.UNKNOWN),
        through_ed={"Y": True, "N": False}.get(value("through_ed") or ""),
        payer=value("payer"),
        zip3=_code(value("zip3")),
        year=_whole(value("year")),
        diagnosis=_code(value("diagnosis")),
        procedure=_code(value("procedure")),
        birth_weight_grams=_whole(value("birth_weight")) or None,
        admit_weekday=_WEEKDAYS.get((value("admit_weekday") or "")[:3].lower()),
        discharge_weekday=_WEEKDAYS.get((value("discharge_weekday") or "")[:3].lower()),
    )


def _stay(text: str | None) -> tuple[int, bool] | None:
    """Nights, and whether the export only gives a lower bound (its `120 +`)."""
    if text is not None and plain(text) == plain(CAPPED) and "+" in text:
        return LONGEST_STAY_NIGHTS, True
    nights = _whole(text)
    return (nights, False) if nights is not None and nights >= 1 else None


def _whole(text: str | None) -> int | None:
    """A whole number, also where a spreadsheet has made `66.0` or `1,200` of it."""
    try:
        number = float((text or "").replace(",", ""))
    except ValueError:
        return None
    return int(number) if number.is_integer() else None


def _code(text: str | None) -> str | None:
    """A code as text: `66.0` is `66`."""
    return text[:-2] if text is not None and text.endswith(".0") and text[:-2].isdigit() else text
