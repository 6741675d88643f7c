"""Whether a broker serves: asked with a real metadata request."""

from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from engine.embedded.ports import LOOPBACK, accepts_connections

ANSWER_WITHIN_MS = 3000


def kafka_answers(port: int) -> bool:
    """True once the broker is let in by its controller and every partition has a leader."""
    if not accepts_connections(port):  # else the client would log each refused connection as a warning
        return False
    try:
        admin = KafkaAdminClient(
            bootstrap_servers=f"{LOOPBACK}:{port}",
            client_id="bedstream-ready",
            bootstrap_timeout_ms=ANSWER_WITHIN_MS,
            request_timeout_ms=ANSWER_WITHIN_MS,
        )
    except (KafkaError, OSError):
        return False
    try:
        return _serves(admin)
    except (KafkaError, OSError):
        return False
    finally:
        admin.close()


def _serves(admin: KafkaAdminClient) -> bool:
    brokers = admin.describe_cluster()["brokers"]
    partitions = [partition for topic in admin.describe_topics() for partition in topic["partitions"]]
    return bool(brokers) and all(partition["leader_id"] >= 0 for partition in partitions)
