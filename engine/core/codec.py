"""Events as bytes on the wire: msgspec JSON, one object each. Bad bytes get one sentence that says what to mend."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from engine.core.errors import BadInput
from engine.core.events import Event
from engine.core.facility import MapError
from engine.core.ledger import Record
from engine.core.suggestion import Suggestion

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)
LARGEST_EVENT_BYTES = 900_000

_encoder = msgspec.json.Encoder(order="deterministic")
_decoder: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)
_record_decoder: msgspec.json.Decoder[Record] = msgspec.json.Decoder(Record)
_suggestion_decoder: msgspec.json.Decoder[Suggestion] = msgspec.json.Decoder(Suggestion)


class WireError(BadInput):
    """Bytes that are not an event; the message is one sentence without patient data."""


def encode_event(event: Event) -> bytes:
    """The event as JSON bytes; the same event always gives the same bytes."""
    return _encoder.encode(event)


def decode_event(raw: bytes | None) -> Event:
    """Bytes to event. Raises WireError for anything that is not a whole, timely event."""
    if not raw:
        raise WireError("the record has no value: send one JSON event as the record's value")
    if len(raw) > LARGEST_EVENT_BYTES:
        raise WireError(f"the event has {len(raw)} bytes: at most {LARGEST_EVENT_BYTES} are read")
    try:
        event = _decoder.decode(raw)
    except (msgspec.DecodeError, MapError, ValueError) as error:
        raise WireError(_sentence(error)) from None
    if event.at.tzinfo is None:
        raise WireError("`at` has no time zone: send an offset or Z")
    if not EARLIEST <= event.at <= LATEST:
        raise WireError(f"`at` lies in the year {event.at.year}: it must lie between {EARLIEST.year} and {LATEST.year}")
    return event


def encode_record(record: Record) -> bytes:
    """A ledger record as JSON bytes; deterministic."""
    return _encoder.encode(record)


def decode_record(raw: bytes) -> Record:
    """Bytes to a ledger record. Raises WireError."""
    try:
        return _record_decoder.decode(raw)
    except (msgspec.DecodeError, ValueError) as error:
        raise WireError(f"this is not a ledger record: {error}") from None


def encode_suggestion(suggestion: Suggestion) -> bytes:
    return _encoder.encode(suggestion)


def decode_suggestion(raw: bytes) -> Suggestion:
    """Bytes to a suggestion. Raises WireError."""
    try:
        return _suggestion_decoder.decode(raw)
    except (msgspec.DecodeError, ValueError) as error:
        raise WireError(f"this is not a suggestion: {error}") from None


def _sentence(error: Exception) -> str:
    """A message of msgspec names the field and what was expected, not the value; MapError speaks for itself."""
    if isinstance(error, msgspec.ValidationError):
        return f"the event does not fit its type: {error}"
    if isinstance(error, msgspec.DecodeError):
        return "the value is not JSON: send one JSON event as UTF-8"
    return str(error)
