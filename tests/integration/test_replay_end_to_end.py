"""A real SPARCS export lived again on the whole engine: `bedstream up`, then `bedstream replay`."""

import re
import time
from collections import Counter
from pathlib import Path

import pytest
from kafka import KafkaConsumer, TopicPartition

from engine.core.census import Census
from engine.core.codec import decode_record
from engine.core.decisions import BedAssigned
from engine.core.ledger import Outcome, Record, apply_record
from engine.core.topics import ADT_REJECTED, BED_ASSIGNMENTS
from tests.command_line import bedstream, started, wait_for

EXPORT = Path(__file__).parents[3] / "shared" / "data" / "sparcs" / "western_ny_2016.csv.gz"
DAYS = 30
FACILITIES = ("37", "102")  # two of its seven, with 33 and 288 stays

pytestmark = [
    pytest.mark.usefixtures("prepared"),
    pytest.mark.skipif(not EXPORT.exists(), reason=f"the SPARCS export is not here: {EXPORT}"),
]


def addresses(home: Path) -> dict[str, str]:
    """What `. HOME/environment` sets."""
    return dict(re.findall(r"^export (\w+)='?([^'\n]*)'?$", (home / "environment").read_text(), re.MULTILINE))


def all_of(topic: str, bootstrap: str) -> list[tuple[str, bytes]]:
    """Key and value of every record of a topic."""
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, group_id=None, enable_auto_commit=False)
    parts = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic)]
    consumer.assign(parts)
    consumer.seek_to_beginning(*parts)
    wanted, found = sum(consumer.end_offsets(parts).values()), []
    until = time.monotonic() + 30
    while len(found) < wanted and time.monotonic() < until:
        batches = consumer.poll(timeout_ms=500).values()
        found += [((one.key or b"").decode(), one.value) for batch in batches for one in batch]
    consumer.close()
    assert len(found) == wanted
    return found


def ledgers(bootstrap: str) -> dict[str, list[Record]]:
    found: dict[str, list[Record]] = {}
    for facility, value in all_of(BED_ASSIGNMENTS, bootstrap):
        found.setdefault(facility, []).append(decode_record(value))
    return found


def test_a_month_of_a_real_export_goes_through_the_engine_and_nothing_is_rejected(tmp_path: Path) -> None:
    home, log = tmp_path / "up", tmp_path / "up.log"
    with started("up", "--home", home, log=log):
        wait_for(lambda: "Running until" in log.read_text(), 60, "the engine is up")
        given = addresses(home)
        chosen = [part for name in FACILITIES for part in ("--facility", name)]
        run = bedstream("replay", EXPORT, "--days", DAYS, *chosen, given=given, seconds=170)
        assert run.returncode == 0, run.stderr
        kept = ledgers(given["BEDSTREAM_KAFKA_BOOTSTRAP"])
        assert all_of(ADT_REJECTED, given["BEDSTREAM_KAFKA_BOOTSTRAP"]) == []
    assert set(kept) == set(FACILITIES)
    told = {words: int(count.replace(",", "")) for count, words in re.findall(r"([\d,]+) ([a-z ]+)", run.stdout)}
    assert told["events"] == sum(map(len, kept.values()))
    given_beds = [one for records in kept.values() for record in records for one in record.decisions]
    assert told["beds given"] == sum(isinstance(one, BedAssigned) for one in given_beds) > 300
    for facility, records in kept.items():
        assert [record.version for record in records] == list(range(1, len(records) + 1))
        assert Counter(record.outcome for record in records)[Outcome.DUPLICATE] == 0
        census = Census(facility)
        for record in records:
            apply_record(census, record)
        held = [state.visit for state in census.beds.values() if state.visit is not None]
        assert len(held) == len(set(held))
