"""Settings: right ones reach the clients, wrong ones are named, secrets are never shown."""

from pathlib import Path

import pytest

from engine.settings import PREFIX, BadSettings, Settings, load_settings

DOCS = Path(__file__).parents[2] / "docs" / "settings.md"
SECRET = "correct-horse"


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"{PREFIX}{name.upper()}", raising=False)


def test_with_nothing_set_everything_is_on_this_machine() -> None:
    settings = load_settings()
    assert settings.kafka_kwargs() == {"bootstrap_servers": ["127.0.0.1:9092"], "security_protocol": "PLAINTEXT"}
    assert settings.redis_kwargs()["url"] == "redis://127.0.0.1:6379/0"
    assert settings.metrics_host == "127.0.0.1"


def test_the_environment_is_read_and_an_option_wins_over_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BEDSTREAM_PARTITIONS", "8")
    monkeypatch.setenv("BEDSTREAM_GROUP_ID", "night")
    settings = load_settings(partitions=16, group_id=None)
    assert (settings.partitions, settings.group_id) == (16, "night")


def test_a_login_reaches_kafka(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BEDSTREAM_KAFKA_SASL_PASSWORD", SECRET)
    settings = load_settings(kafka_security_protocol="SASL_SSL", kafka_sasl_username="engine")
    kwargs = settings.kafka_kwargs()
    assert kwargs["sasl_plain_password"] == SECRET
    assert kwargs["sasl_mechanism"] == "SCRAM-SHA-512"
    assert kwargs["ssl_context"].check_hostname


def test_a_ca_of_the_houses_own_reaches_redis(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("")
    settings = load_settings(redis_url="rediss://engine:x@redis/0", redis_ssl_cafile=tmp_path / "ca.pem")
    assert settings.redis_kwargs()["ssl_ca_certs"] == str(tmp_path / "ca.pem")


WRONG = [
    ({"batch_max": "many"}, "BEDSTREAM_BATCH_MAX: input should be a valid integer"),
    ({"partitions": 0}, "BEDSTREAM_PARTITIONS: input should be greater than or equal to 1"),
    ({"kafka_bootstrap": "kafka"}, "BEDSTREAM_KAFKA_BOOTSTRAP: must be host:port"),
    ({"kafka_bootstrap": "kafka:99999"}, "BEDSTREAM_KAFKA_BOOTSTRAP: must be host:port"),
    ({"redis_url": f"http://:{SECRET}@h"}, "BEDSTREAM_REDIS_URL: must begin with redis://"),
    ({"log_format": "xml"}, "BEDSTREAM_LOG_FORMAT: input should be 'json' or 'human'"),
    ({"kafka_ssl_cafile": "/no/such.pem"}, "BEDSTREAM_KAFKA_SSL_CAFILE: names a file that is not there"),
    ({"kafka_security_protocol": "SASL_SSL", "kafka_sasl_username": "u"}, "BEDSTREAM_KAFKA_SASL_PASSWORD must be set"),
    ({"heartbeat_seconds": 9}, "BEDSTREAM_HEARTBEAT_SECONDS must be at most a third"),
]


@pytest.mark.parametrize(("given", "told"), WRONG)
def test_a_wrong_setting_is_one_sentence_with_its_variable(given: dict[str, object], told: str) -> None:
    with pytest.raises(BadSettings) as caught:
        load_settings(**given)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)
    assert SECRET not in str(caught.value)


def test_several_wrong_settings_are_a_line_each() -> None:
    with pytest.raises(BadSettings) as caught:
        load_settings(batch_max=0, gather_ms=-1)
    assert len(str(caught.value).splitlines()) == 2


def test_certificates_that_are_none_are_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("not a certificate")
    settings = load_settings(kafka_security_protocol="SSL", kafka_ssl_cafile=tmp_path / "ca.pem")
    with pytest.raises(BadSettings, match="the certificates in BEDSTREAM_KAFKA_SSL_CAFILE"):
        settings.kafka_kwargs()


def test_printing_the_settings_shows_no_secret() -> None:
    settings = load_settings(redis_url=f"redis://engine:{SECRET}@redis/0", kafka_sasl_password=SECRET)
    assert SECRET not in repr(settings) + str(settings) + settings.model_dump_json()


def test_the_table_in_the_documentation_is_the_settings() -> None:
    """When this fails: the table in docs/settings.md must become what `settings_table` gives."""
    assert settings_table() in DOCS.read_text(encoding="utf-8")


def settings_table() -> str:
    rows = ["| variable | default | meaning |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = getattr(field.default, "get_secret_value", lambda field=field: field.default)()
        shown = "–" if default is None else f"`{default}`"
        rows.append(f"| `{PREFIX}{name.upper()}` | {shown} | {field.description} |")
    return "\n".join(rows)
