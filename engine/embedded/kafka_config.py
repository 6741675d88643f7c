"""server.properties of a broker that is also its own controller, on loopback, for one machine."""

import json
from collections.abc import Mapping
from pathlib import Path

FOREVER = "-1"
LARGEST = str(2**63 - 1)


def server_properties(data: Path, broker_port: int, controller_port: int, extra: Mapping[str, str]) -> str:
    """The file's text; `extra` wins over what is set here."""
    settings = {
        **_addresses(broker_port, controller_port),
        **_single_node(),
        **_behaviour(),
        "log.dirs": str(data),
        **extra,
    }
    return "".join(f"{name}={_escaped(value)}\n" for name, value in settings.items())


def _addresses(broker_port: int, controller_port: int) -> dict[str, str]:
    broker, controller = f"127.0.0.1:{broker_port}", f"127.0.0.1:{controller_port}"
    return {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@{controller}",
        "controller.listener.names": "CONTROLLER",
        "listeners": f"PLAINTEXT://{broker},CONTROLLER://{controller}",
        "advertised.listeners": f"PLAINTEXT://{broker}",
        "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
    }


def _single_node() -> dict[str, str]:
    return {
        "offsets.topic.replication.factor": "1",
        "offsets.topic.num.partitions": "4",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "transaction.state.log.num.partitions": "4",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        "share.coordinator.state.topic.num.partitions": "4",
    }


def _behaviour() -> dict[str, str]:
    return {
        "auto.create.topics.enable": "false",
        "group.initial.rebalance.delay.ms": "0",
        # A broker killed with -9 is let in again after this; with the default a restart waits 12 s.
        "broker.session.timeout.ms": "3000",
        "broker.heartbeat.interval.ms": "500",
        # Replays bring event times of years ago, simulations of years ahead: neither is to be deleted, or refused.
        "log.retention.ms": FOREVER,
        "log.message.timestamp.after.max.ms": LARGEST,
        # The default, 128 MB, is half of the heap.
        "log.cleaner.dedupe.buffer.size": str(16 * 2**20),
    }


def _escaped(value: str) -> str:
    return json.dumps(value)[1:-1]  # Java reads the same escapes, and needs them for all but ASCII
