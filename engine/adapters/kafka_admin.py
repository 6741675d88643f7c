"""A short-lived administration client of Kafka, whose failures are one sentence without a secret in it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from kafka.admin import KafkaAdminClient
from kafka.errors import (
    AuthorizationError,
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    IllegalSaslStateError,
    KafkaError,
    SaslAuthenticationFailedError,
    TopicAuthorizationFailedError,
    UnsupportedSaslMechanismError,
)

from engine.core.errors import BadInput
from engine.settings import Settings

WAIT_SECONDS = 6.0
_LOGIN = (SaslAuthenticationFailedError, UnsupportedSaslMechanismError, IllegalSaslStateError)
_RIGHTS = (
    AuthorizationError,
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    TopicAuthorizationFailedError,
)


class KafkaUnusable(BadInput):
    """Kafka does not answer, or refuses us."""


@contextmanager
def kafka_admin(settings: Settings) -> Iterator[KafkaAdminClient]:
    """An administration client. Raises KafkaUnusable, for what happens inside the block too."""
    with kafka_errors(settings):
        _someone_listens(settings)
        wait_ms = int(WAIT_SECONDS * 1000)
        client = KafkaAdminClient(bootstrap_timeout_ms=wait_ms, request_timeout_ms=wait_ms, **settings.kafka_kwargs())
        try:
            yield client
        finally:
            client.close()


@contextmanager
def kafka_errors(settings: Settings) -> Iterator[None]:
    """What kafka-python raises inside the block, as KafkaUnusable."""
    try:
        yield
    except KafkaError as error:
        raise KafkaUnusable(_sentence(error, settings)) from None


def _someone_listens(settings: Settings) -> None:
    """Tell an address at which nobody listens from one that refuses us: Kafka's client gives both as a time-out."""
    for broker in settings.kafka_kwargs()["bootstrap_servers"]:
        host, _, port = broker.rpartition(":")
        try:
            socket.create_connection((host.strip("[]"), int(port)), WAIT_SECONDS).close()
        except OSError:
            continue
        return
    raise KafkaUnusable(
        f"Kafka does not answer at {settings.kafka_bootstrap}: start it, or set BEDSTREAM_KAFKA_BOOTSTRAP"
    )


def _sentence(error: KafkaError, settings: Settings) -> str:
    where = settings.kafka_bootstrap
    if isinstance(error, _LOGIN):
        return (
            f"Kafka at {where} refuses the login of {settings.kafka_sasl_username!r}: "
            "check BEDSTREAM_KAFKA_SASL_USERNAME, _PASSWORD and _MECHANISM"
        )
    if isinstance(error, _RIGHTS):
        return f"Kafka at {where} does not let this user do that: give it the rights named in docs/operations.md"
    if "bootstrap" in str(error):
        return (
            f"something listens at {where} but does not answer as Kafka with {settings.kafka_security_protocol}: "
            "check BEDSTREAM_KAFKA_SECURITY_PROTOCOL, the login and the certificates"
        )
    reason = getattr(error, "description", "") or type(error).__name__
    return f"Kafka at {where} could not do it: {str(reason).rstrip('.')}"
