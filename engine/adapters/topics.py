"""The five topics and the settings they must have; created once, compared ever after, never repartitioned."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient
from kafka.errors import TopicAlreadyExistsError

from engine.adapters.kafka_admin import kafka_admin
from engine.core.errors import BadInput
from engine.core.topics import ADT_EVENTS, ADT_REJECTED, BED_ASSIGNMENTS, BED_SNAPSHOTS, BED_SUGGESTIONS
from engine.settings import Settings

FOREVER = "-1"
DAY_MS = 86_400_000
# An event of 2 MB must reach the lane, which rejects it with a reason; a new map of 5,000 beds is 500 kB.
LARGEST_RECORD_BYTES = 4 * 1024 * 1024
# Record times are the hospital's, in a replay years back or in a simulation weeks ahead: the broker must take them all.
ANY_TIME_MS = str(2**63 - 1)


class TopicSpec(msgspec.Struct, frozen=True):
    """A topic as it must be. `must` is compared and mended; `initial` is set once and then the operator's."""

    name: str
    partitions: int
    replication_factor: int
    must: Mapping[str, str]
    initial: Mapping[str, str] = {}


class TopicStatus(msgspec.Struct, frozen=True):
    """A topic as it is: None partitions when it does not exist; `differing` maps a setting to what it is now."""

    spec: TopicSpec
    partitions: int | None = None
    replication_factor: int | None = None
    differing: Mapping[str, str] = {}

    @property
    def exists(self) -> bool:
        return self.partitions is not None

    @property
    def problem(self) -> str | None:
        """One sentence with the way to mend it; None when all is right."""
        name = self.spec.name
        if not self.exists:
            return f"topic {name} is missing: `bedstream topics --create` makes it"
        if self.partitions != self.spec.partitions:
            return wrong_partitions(self)
        if self.differing:
            wrong = ", ".join(
                f"{key} is {now} and must be {self.spec.must[key]}" for key, now in self.differing.items()
            )
            return f"topic {name}: {wrong}: `bedstream topics --create` sets it"
        return None


def wrong_partitions(status: TopicStatus) -> str:
    """Why a live count cannot change, and what to do."""
    return (
        f"topic {status.spec.name} has {status.partitions} partitions and BEDSTREAM_PARTITIONS asks for "
        f"{status.spec.partitions}: a live count cannot change, for a facility's events would change partition "
        f"and lose their order; set {status.partitions}, or start on a new cluster"
    )


def topic_specs(settings: Settings) -> tuple[TopicSpec, ...]:
    """What the topics must be for these settings."""
    copies = settings.replication_factor
    common = {
        "min.insync.replicas": str(max(1, copies - 1)),
        "max.message.bytes": str(LARGEST_RECORD_BYTES),
        "message.timestamp.type": "CreateTime",
        "message.timestamp.before.max.ms": ANY_TIME_MS,
        "message.timestamp.after.max.ms": ANY_TIME_MS,
        "unclean.leader.election.enable": "false",
    }
    logged, compacted = common | {"cleanup.policy": "delete"}, common | {"cleanup.policy": "compact"}
    # Retention counts from record times: anything but "for ever" would delete a replay of past years as it is written.
    kept = {"retention.ms": FOREVER}

    def spec(name: str, must: Mapping[str, str], initial: Mapping[str, str], partitions: int = 0) -> TopicSpec:
        return TopicSpec(name, partitions or settings.partitions, copies, must, initial)

    return (
        spec(ADT_EVENTS, logged, kept),
        # One partition: an offset alone names a rejected event.
        spec(ADT_REJECTED, logged, kept, partitions=1),
        spec(BED_ASSIGNMENTS, logged, kept),
        spec(BED_SUGGESTIONS, logged, kept),
        spec(BED_SNAPSHOTS, compacted, {"segment.bytes": str(64 * 1024 * 1024), "min.cleanable.dirty.ratio": "0.3"}),
    )


def inspect_topics(settings: Settings) -> list[TopicStatus]:
    """The five topics as they are. Raises KafkaUnusable."""
    with kafka_admin(settings) as client:
        return _inspect(client, settings)


def ensure_topics(settings: Settings) -> list[str]:
    """Create what is missing and mend settings that must be; names what was created or mended, in order. Idempotent.

    Raises BadInput where a live topic has another number of partitions (nothing is changed then), KafkaUnusable.
    """
    with kafka_admin(settings) as client:
        found = _inspect(client, settings)
        for status in found:
            if status.exists and status.partitions != status.spec.partitions:
                raise BadInput(wrong_partitions(status))
        missing = [status.spec for status in found if not status.exists]
        wrong = [status for status in found if status.differing]
        _create(client, missing)
        _mend(client, wrong)
        return [*(spec.name for spec in missing), *(status.spec.name for status in wrong)]


def _create(client: KafkaAdminClient, specs: list[TopicSpec]) -> None:
    for spec in specs:
        asked = {
            "num_partitions": spec.partitions,
            "replication_factor": spec.replication_factor,
            "configs": {**spec.must, **spec.initial},
        }
        try:
            client.create_topics({spec.name: asked}, wait_for_metadata=True)
        except TopicAlreadyExistsError:
            continue  # another process was quicker


def _mend(client: KafkaAdminClient, wrong: list[TopicStatus]) -> None:
    resources = [
        ConfigResource(ConfigResourceType.TOPIC, one.spec.name, {key: one.spec.must[key] for key in one.differing})
        for one in wrong
    ]
    if resources:
        client.alter_configs(resources)


def _inspect(client: KafkaAdminClient, settings: Settings) -> list[TopicStatus]:
    specs = topic_specs(settings)
    listed = {topic["name"]: topic for topic in client.describe_topics([spec.name for spec in specs])}
    live = {spec.name: listed[spec.name]["partitions"] for spec in specs if listed[spec.name]["partitions"]}
    resources = [ConfigResource(ConfigResourceType.TOPIC, name, None) for name in live]
    configs = client.describe_configs(resources, config_filter="all")["topic"] if live else {}
    return [_status(spec, live.get(spec.name), configs.get(spec.name, {})) for spec in specs]


def _status(
    spec: TopicSpec, partitions: list[Mapping[str, list[int]]] | None, configs: Mapping[str, Mapping[str, str]]
) -> TopicStatus:
    if partitions is None:
        return TopicStatus(spec)
    now = {key: configs[key]["value"] for key in spec.must if key in configs}
    differing = {key: value for key, value in now.items() if value != spec.must[key]}
    return TopicStatus(spec, len(partitions), len(partitions[0]["replica_nodes"]), differing)


def events_topic(settings: Settings) -> tuple[str, int]:
    """Id and live partition count of adt.events. Raises KafkaUnusable, and BadInput where the topic is missing."""
    with kafka_admin(settings) as client:
        (topic,) = client.describe_topics([ADT_EVENTS])
    if not topic["partitions"]:
        raise BadInput(f"topic {ADT_EVENTS} is missing: `bedstream topics --create` makes it")
    return str(topic["topic_id"]), len(topic["partitions"])
