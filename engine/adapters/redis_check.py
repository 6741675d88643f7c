"""Is this Redis (or Valkey) fit to be the bed state? Durable, never evicting, not too open-handed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from redis import Redis
from redis.exceptions import AuthenticationError, NoPermissionError, RedisError

from engine.settings import Settings

MOST_SKEW_SECONDS = 1.0
# True: right. False: wrong. None: not to be seen with this user's rights. The sentence ends in what to do.
Said = tuple[bool | None, str]


def redis_findings(settings: Settings) -> Iterator[Said]:
    """What there is to say, best known first; never the address, which holds the password."""
    client = Redis.from_url(**settings.redis_kwargs(), decode_responses=True, retry=None)
    try:
        yield from _looked_at(client)
    except AuthenticationError:
        yield False, "Redis refuses the user or the password: check both in BEDSTREAM_REDIS_URL"
    except NoPermissionError:
        yield False, "Redis does not let this user do what the engine needs: use the ACL in deploy/valkey/users.acl"
    except RedisError as error:
        kind = type(error).__name__
        yield False, f"Redis does not answer ({kind}): start it, or set BEDSTREAM_REDIS_URL to where it listens"
    finally:
        client.close()


def _looked_at(client: Redis) -> Iterator[Said]:
    before = time.time()
    seconds, micros = client.time()
    yield True, f"answers in {(time.time() - before) * 1000:.1f} ms"
    yield _clock(seconds + micros / 1e6 - (before + time.time()) / 2)
    info = _allowed(client, "INFO")
    if not info:
        yield None, "INFO is not allowed, so eviction and the append-only file are unseen: grant +info to look"
    else:
        yield from _from_info(dict(info))
    yield from _from_config(_allowed(client, "CONFIG GET", "appendfsync"))


def _clock(skew_seconds: float) -> Said:
    if abs(skew_seconds) <= MOST_SKEW_SECONDS:
        return True, f"its clock is within {MOST_SKEW_SECONDS:g} s of this machine's"
    return False, f"its clock is {skew_seconds:+.0f} s from this machine's: let both follow the same time server"


def _from_info(info: dict[str, Any]) -> Iterator[Said]:
    policy = info.get("maxmemory_policy")
    evicts = "a full Redis would evict beds: set maxmemory-policy noeviction"
    yield (True, "evicts nothing") if policy == "noeviction" else (False, evicts)
    lost = "a restart would lose the bed state: set appendonly yes"
    yield (True, "keeps an append-only file") if info.get("aof_enabled") else (False, lost)


def _from_config(config: Any) -> Iterator[Said]:
    if config is None:
        yield True, "this user may not administer the server, as it should be (appendfsync is therefore unseen)"
        return
    if config.get("appendfsync") == "always":
        yield True, "syncs every write to disk"
    else:
        yield False, "a crash would lose acknowledged writes: set appendfsync always"
    yield False, "this user may administer the server: give the engine a user as in deploy/valkey/users.acl"


def _allowed(client: Redis, *command: str) -> Any:
    """The answer, or None where the user's rights do not reach."""
    try:
        return client.execute_command(*command)  # type: ignore[no-untyped-call]
    except NoPermissionError:
        return None
