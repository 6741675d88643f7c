"""Topic names, and the partition a facility belongs to (Kafka's own murmur2, as every Java client computes it)."""

from __future__ import annotations

ADT_EVENTS = "adt.events"
ADT_REJECTED = "adt.rejected"
BED_ASSIGNMENTS = "bed.assignments"
BED_SUGGESTIONS = "bed.suggestions"
BED_SNAPSHOTS = "bed.snapshots"


def partition_of(facility: str, partitions: int) -> int:
    """The only partition that may carry this facility's events, of `partitions` in the topic, fixed for good."""
    return (_murmur2(facility.encode()) & 0x7FFFFFFF) % partitions


def _murmur2(data: bytes) -> int:
    """32-bit MurmurHash2 (Austin Appleby), seed 0x9747b28c, as in Kafka's default partitioner."""
    m, mask = 0x5BD1E995, 0xFFFFFFFF
    h = (0x9747B28C ^ len(data)) & mask
    whole = len(data) // 4 * 4
    for i in range(0, whole, 4):
        k = int.from_bytes(data[i : i + 4], "little") * m & mask
        k = (k ^ (k >> 24)) * m & mask
        h = (h * m & mask) ^ k
    tail = data[whole:]
    if tail:
        h = (h ^ int.from_bytes(tail, "little")) * m & mask
    h = (h ^ (h >> 13)) * m & mask
    return h ^ (h >> 15)
