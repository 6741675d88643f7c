"""The bed state in Redis: one hash per table, one script per commit. A facility's keys share a hash tag: one slot."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from redis import Redis as BlockingRedis
from redis.asyncio import Redis
from redis.exceptions import AuthenticationError, NoPermissionError, NoScriptError, RedisError

from engine.adapters.store import Commit, StoreAway, Stored, TableBytes
from engine.core.census import TABLES
from engine.core.errors import BadInput
from engine.settings import Settings

TABLE_ORDER = ("beds", *sorted({"meta", *TABLES} - {"beds"}))
_SCRIPT = Path(__file__).with_name("commit.lua").read_text()


def require_redis(settings: Settings) -> None:
    """Ask once before a worker starts. Raises BadInput where Redis refuses us, StoreAway where it does not answer."""
    client = BlockingRedis.from_url(**settings.redis_kwargs(), retry=None)
    try:
        client.ping()
        client.script_load(_SCRIPT)
    except AuthenticationError:
        raise BadInput("Redis refuses the user or the password: check both in BEDSTREAM_REDIS_URL") from None
    except NoPermissionError:
        raise BadInput("Redis does not let this user run scripts: use the ACL in deploy/valkey/users.acl") from None
    except (RedisError, OSError) as error:
        kind = type(error).__name__
        raise StoreAway(f"Redis does not answer ({kind}): start it, or set BEDSTREAM_REDIS_URL") from None
    finally:
        client.close()


def keys_of(facility: str) -> list[str]:
    """Head, outbox, and one hash per table in TABLE_ORDER: what one facility owns in Redis."""
    return [f"bedstream:{{{facility}}}:{part}" for part in ("head", "outbox", *TABLE_ORDER)]


class RedisStore:
    """The Store port on Redis (redis-py, asyncio). Every Redis error is StoreAway: the outcome is unknown."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._sha: str | None = None

    async def load(self, facility: str) -> Stored | None:
        """Read in one transaction, so that a commit is seen whole or not at all."""
        head_key, outbox_key, *tables = keys_of(facility)
        try:
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.hgetall(head_key)
                pipe.lrange(outbox_key, 0, -1)
                for table in tables:
                    pipe.hgetall(table)
                head, outbox, *rows = await pipe.execute()
        except (RedisError, OSError) as error:
            raise StoreAway(_say(error)) from error
        if not head:
            return None
        filled = {
            name: {key.decode(): raw for key, raw in row.items()} for name, row in zip(TABLE_ORDER, rows, strict=True)
        }
        found = {name: row for name, row in filled.items() if row}
        return Stored(found, int(head[b"confirmed"]), int(head[b"ledger_offset"]), tuple(outbox))

    async def commit(self, commits: list[Commit]) -> list[bool]:
        """One EVALSHA per facility, all in one pipeline without a transaction around them."""
        try:
            sha = await self._loaded_script()
            async with self._redis.pipeline(transaction=False) as pipe:
                for commit in commits:
                    keys = keys_of(commit.facility)
                    pipe.evalsha(sha, len(keys), *keys, *_arguments(commit))
                answers = await pipe.execute(raise_on_error=False)
        except (RedisError, OSError) as error:
            raise StoreAway(_say(error)) from error
        for answer in answers:
            if isinstance(answer, NoScriptError):
                self._sha = None
            if isinstance(answer, Exception):
                raise StoreAway(_say(answer)) from answer
        return [bool(answer[0]) for answer in answers]

    async def install(self, facility: str, stored: Stored, version: int, offset: int) -> None:
        """Replace in one transaction, watched: whoever is further on wins."""
        keys = keys_of(facility)
        try:
            async with self._redis.pipeline(transaction=True) as pipe:
                await pipe.watch(keys[0])
                standing = await cast("Any", pipe.hget(keys[0], "version"))
                if standing is not None and int(standing) > version:
                    return
                pipe.multi()  # type: ignore[no-untyped-call]  # redis-py leaves it untyped
                self._replace(pipe, keys, stored, version, offset)
                await pipe.execute()
        except (RedisError, OSError) as error:
            raise StoreAway(_say(error)) from error

    @staticmethod
    def _replace(pipe: Any, keys: list[str], stored: Stored, version: int, offset: int) -> None:
        pipe.delete(*keys)
        for key, name in zip(keys[2:], TABLE_ORDER, strict=True):
            if rows := stored.tables.get(name):
                pipe.hset(key, mapping=rows)
        if stored.outbox:
            pipe.rpush(keys[1], *stored.outbox)
        head = {
            "version": version,
            "offset": offset,
            "confirmed": stored.confirmed,
            "ledger_offset": stored.ledger_offset,
        }
        pipe.hset(keys[0], mapping=head)

    async def _loaded_script(self) -> str:
        if self._sha is None:
            self._sha = await self._redis.script_load(_SCRIPT)
        return self._sha


def _arguments(commit: Commit) -> list[bytes | str | int]:
    """The script's ARGV, in the order it documents."""
    head = [commit.expected_version, commit.expected_offset, commit.version, commit.offset]
    arguments: list[bytes | str | int] = [*head, commit.confirmed, commit.ledger_offset, len(commit.expected_beds)]
    for bed, raw in commit.expected_beds.items():
        arguments += [bed, 0 if raw is None else 1, raw or b""]
    for table in TABLE_ORDER:
        changes = commit.changes.get(table, {})
        sets = {key: raw for key, raw in changes.items() if raw is not None}
        arguments.append(len(sets))
        for key, raw in sets.items():
            arguments += [key, raw]
        gone = [key for key, raw in changes.items() if raw is None]
        arguments += [len(gone), *gone]
    return [*arguments, *commit.records]


def _say(error: BaseException) -> str:
    """The kind of error and Redis's own words; commands and values are never part of them."""
    return f"{type(error).__name__}: {error}".splitlines()[0][:200]


def dump_bytes(stored: Stored) -> TableBytes:
    """The tables as census.dump() gives them: every table present, empty ones too."""
    return {name: stored.tables.get(name, {}) for name in ("meta", *TABLES)}
