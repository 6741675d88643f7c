"""Settings from the environment, all `BEDSTREAM_…`. A wrong one is named in one sentence; no secret is ever shown."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from engine.core.errors import BadInput

PREFIX = "BEDSTREAM_"


class BadSettings(BadInput):
    """Settings that cannot be used: one line for each, with the variable's name."""


class Settings(BaseSettings):
    """What a process of bedstream needs to know of the world around it. Units are in the names."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, extra="forbid", frozen=True, hide_input_in_errors=True, env_ignore_empty=True
    )

    kafka_bootstrap: str = Field("127.0.0.1:9092", description="Kafka brokers, host:port, separated by commas")
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        "PLAINTEXT", description="how to speak to Kafka"
    )
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        "SCRAM-SHA-512", description="with a SASL protocol: how to log in"
    )
    kafka_sasl_username: str | None = Field(None, description="with a SASL protocol: the user")
    kafka_sasl_password: SecretStr | None = Field(None, description="with a SASL protocol: the password")
    kafka_ssl_cafile: Path | None = Field(
        None, description="CA certificates (PEM) that vouch for Kafka; else the system's"
    )
    kafka_ssl_certfile: Path | None = Field(None, description="this client's certificate (PEM)")
    kafka_ssl_keyfile: Path | None = Field(None, description="this client's key (PEM)")
    redis_url: SecretStr = Field(
        SecretStr("redis://127.0.0.1:6379/0"),
        description="Redis or Valkey: redis://, rediss:// (TLS) or unix://, with user",
    )
    redis_ssl_cafile: Path | None = Field(
        None, description="CA certificates (PEM) that vouch for Redis; else the system's"
    )
    redis_timeout_seconds: float = Field(5.0, gt=0, le=60, description="how long one command to Redis may take")
    maps: str = Field("builtin:300", description="a hospital.toml, a directory of them, or builtin:20 … builtin:5000")
    models: Path | None = Field(None, description="directory of trained models; without one the strata fallback serves")
    partitions: int = Field(64, ge=1, le=10_000, description="partitions of adt.events; fixed once events flow")
    replication_factor: int = Field(1, ge=1, le=9, description="copies of each topic: 3 in production")
    group_id: str = Field("bedstream", min_length=1, description="Kafka consumer group of the workers")
    session_timeout_seconds: float = Field(
        12.0, ge=6, le=120, description="silence after which Kafka gives a lane away"
    )
    heartbeat_seconds: float = Field(3.0, gt=0, le=30, description="time between a worker's signs of life")
    batch_max: int = Field(256, ge=1, le=10_000, description="events committed together at most")
    gather_ms: float = Field(5.0, ge=0, le=1000, description="how long a batch may keep gathering, in milliseconds")
    tick_seconds: float = Field(
        60.0,
        ge=0,
        le=3600,
        description="how often TimePassed is published for idle houses; 0: the feed says how time passes",
    )
    planner: bool = Field(True, description="plan the next days and propose moves")
    state_dir: Path = Field(Path(".bedstream"), description="files of this process (Faust's, the embedded services')")
    metrics_host: str = Field("127.0.0.1", description="where /metrics listens")
    metrics_port: int = Field(9108, ge=0, le=65535, description="port of /metrics; 0 takes any free one")
    web_port: int = Field(6066, ge=0, le=65535, description="port of Faust's own pages, on loopback")
    log_format: Literal["json", "human"] = Field("json", description="one JSON object a line, or text for people")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="the least that is logged")

    @field_validator("kafka_bootstrap")
    @classmethod
    def _hosts_and_ports(cls, value: str) -> str:
        for broker in value.split(","):
            host, _, port = broker.strip().rpartition(":")
            if not host or not port.isdigit() or not 0 < int(port) <= 65535:
                raise ValueError("must be host:port, several separated by commas")
        return value

    @field_validator("redis_url")
    @classmethod
    def _redis_scheme(cls, value: SecretStr) -> SecretStr:
        if not value.get_secret_value().startswith(("redis://", "rediss://", "unix://")):
            raise ValueError("must begin with redis://, rediss:// or unix://")
        return value

    @field_validator("kafka_ssl_cafile", "kafka_ssl_certfile", "kafka_ssl_keyfile", "redis_ssl_cafile")
    @classmethod
    def _file_is_there(cls, value: Path | None) -> Path | None:
        if value is not None and not value.is_file():
            raise ValueError("names a file that is not there")
        return value

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.uses_sasl and not (self.kafka_sasl_username and self.kafka_sasl_password):
            raise ValueError(
                f"{PREFIX}KAFKA_SASL_USERNAME and {PREFIX}KAFKA_SASL_PASSWORD must be set for a SASL protocol"
            )
        if self.kafka_ssl_keyfile and not self.kafka_ssl_certfile:
            raise ValueError(f"{PREFIX}KAFKA_SSL_CERTFILE must be set where {PREFIX}KAFKA_SSL_KEYFILE is")
        if self.heartbeat_seconds * 3 > self.session_timeout_seconds:
            raise ValueError(
                f"{PREFIX}HEARTBEAT_SECONDS must be at most a third of {PREFIX}SESSION_TIMEOUT_SECONDS, "
                "or one lost heartbeat moves a lane"
            )
        return self

    @property
    def uses_sasl(self) -> bool:
        return self.kafka_security_protocol.startswith("SASL")

    @property
    def uses_tls(self) -> bool:
        return self.kafka_security_protocol.endswith("SSL")

    def environment(self) -> dict[str, str]:
        """What was set here as variables for a child process; secrets included, so hand it to nobody else."""
        given = {name: getattr(self, name) for name in self.model_fields_set}
        plain = {
            name: one.get_secret_value() if isinstance(one, SecretStr) else str(one) for name, one in given.items()
        }
        return {f"{PREFIX}{name.upper()}": value for name, value in plain.items()}

    def ssl_context(self) -> ssl.SSLContext | None:
        """TLS for Kafka, with the broker's name checked; None without TLS. Raises BadSettings."""
        if not self.uses_tls:
            return None
        try:
            context = ssl.create_default_context(cafile=self.kafka_ssl_cafile)
            if self.kafka_ssl_certfile:
                context.load_cert_chain(self.kafka_ssl_certfile, self.kafka_ssl_keyfile)
        except (ssl.SSLError, OSError):
            raise BadSettings(
                f"the certificates in {PREFIX}KAFKA_SSL_CAFILE, _CERTFILE and _KEYFILE cannot be used: check that they "
                "are PEM, readable, and belong together"
            ) from None
        return context

    def kafka_kwargs(self) -> dict[str, Any]:
        """What kafka-python's and aiokafka's clients take alike: brokers, TLS, login."""
        brokers = [broker.strip() for broker in self.kafka_bootstrap.split(",")]
        return {"bootstrap_servers": brokers, **self.kafka_security()}

    def kafka_security(self) -> dict[str, Any]:
        """TLS and login alone, in the same words."""
        kwargs: dict[str, Any] = {"security_protocol": self.kafka_security_protocol}
        if self.uses_tls:
            kwargs["ssl_context"] = self.ssl_context()
        if self.uses_sasl and self.kafka_sasl_password:
            kwargs["sasl_mechanism"] = self.kafka_sasl_mechanism
            kwargs["sasl_plain_username"] = self.kafka_sasl_username
            kwargs["sasl_plain_password"] = self.kafka_sasl_password.get_secret_value()
        return kwargs

    def redis_kwargs(self) -> dict[str, Any]:
        """Arguments of `redis.Redis.from_url`, of the asynchronous one too."""
        url = self.redis_url.get_secret_value()
        kwargs: dict[str, Any] = {
            "url": url,
            "socket_timeout": self.redis_timeout_seconds,
            "socket_connect_timeout": self.redis_timeout_seconds,
        }
        if self.redis_ssl_cafile and url.startswith("rediss://"):
            kwargs["ssl_ca_certs"] = str(self.redis_ssl_cafile)
        return kwargs


def load_settings(**given: object) -> Settings:
    """Settings from the environment; `given` (None is left out) wins over it. Raises BadSettings."""
    try:
        return Settings(**{key: value for key, value in given.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        raise BadSettings(
            "\n".join(_sentence(one["loc"], one["msg"]) for one in error.errors(include_input=False))
        ) from None


def _sentence(place: tuple[int | str, ...], message: str) -> str:
    """The message of pydantic after the variable's name; checks of the whole name their variables themselves."""
    plain = message.removeprefix("Value error, ")
    if not place:
        return plain
    return f"{PREFIX}{str(place[0]).upper()}: {plain[0].lower()}{plain[1:]}"
