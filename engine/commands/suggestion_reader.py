"""Follows bed.suggestions for one house, as a bed manager's screen would."""

from __future__ import annotations

from kafka import KafkaConsumer, TopicPartition

from engine.adapters.planner_job import decode_plan
from engine.core.topics import BED_SUGGESTIONS, partition_of
from engine.planning.message import PlanMessage


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

    def plans(self, wait_ms: int = 0) -> list[PlanMessage]:
        """Plans published since the last call, oldest first; waits up to `wait_ms` for the first."""
        batches = self._consumer.poll(timeout_ms=wait_ms).values()
        mine = self._facility.encode()
        return [decode_plan(message.value) for batch in batches for message in batch if message.key == mine]

    def close(self) -> None:
        self._consumer.close()
