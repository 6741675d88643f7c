"""Follows bed.suggestions for one house, as a bed manager would: only the newest plan is worth an answer."""

from __future__ import annotations

from kafka import KafkaConsumer, TopicPartition

from engine.adapters.planner_job import decode_plan
from engine.core.suggestion import Suggestion
from engine.core.topics import BED_SUGGESTIONS, partition_of


class SuggestionReader:
    """Reads from now on, without a consumer group."""

    def __init__(self, bootstrap: str, facility: str) -> None:
        self._facility = facility
        self._consumer = KafkaConsumer(
            bootstrap_servers=bootstrap.split(","), group_id=None, enable_auto_commit=False, fetch_max_wait_ms=10
        )
        partitions = self._consumer.partitions_for_topic(BED_SUGGESTIONS)
        where = TopicPartition(BED_SUGGESTIONS, partition_of(facility, len(partitions)))
        self._consumer.assign([where])
        self._consumer.seek_to_end(where)
        self._consumer.position(where)

    def fresh(self) -> tuple[Suggestion, ...]:
        """The suggestions of the newest plan published since the last call; empty when there is none."""
        plans = [
            decode_plan(message.value)
            for batch in self._consumer.poll(timeout_ms=0).values()
            for message in batch
            if message.key == self._facility.encode()
        ]
        return plans[-1].suggestions if plans else ()

    def close(self) -> None:
        self._consumer.close()
