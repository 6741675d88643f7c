"""The one composition root: settings in, a worker out. Nothing else knows which adapters there are."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from redis.asyncio import Redis

from engine.adapters.faust_app import Background, LaneService, LaneWorker, build_app, end_at_once
from engine.adapters.kafka_ledger import KafkaLedger
from engine.adapters.lane import Lane, Topic
from engine.adapters.logs import configure_logs, quieten
from engine.adapters.maps import load_houses
from engine.adapters.metrics import Metrics
from engine.adapters.planner import PlanningService
from engine.adapters.planner_pool import PlannerPool
from engine.adapters.redis_census import RedisStore, require_redis
from engine.adapters.stay_models import FallbackModels
from engine.adapters.stay_strata import MODEL
from engine.adapters.ticks import tick
from engine.adapters.topics import events_topic
from engine.core.census import Census
from engine.core.errors import BadInput
from engine.core.ledger import Opening, Openings
from engine.settings import Settings

log = logging.getLogger(__name__)

TOPIC_LOOK_SECONDS = 60.0


def known_openings(settings: Settings) -> Openings:
    """What each facility of the maps starts with. Raises BadMap."""
    houses = load_houses(settings.maps)
    known = {name: Opening(house.facility, house.policy, MODEL) for name, house in houses.items()}
    return Openings(known, MODEL)


def make_worker(settings: Settings) -> LaneWorker:
    """A worker, not yet started: `execute_from_commandline()` runs it until SIGTERM.

    Raises BadInput where the settings cannot be right, KafkaUnusable and StoreAway where a service does not answer.
    """
    configure_logs(settings.log_format, settings.log_level)
    quieten("aiokafka")
    openings = known_openings(settings)
    require_redis(settings)
    topic = Topic(*events_topic(settings))
    settings.state_dir.mkdir(parents=True, exist_ok=True)
    metrics = Metrics()
    ledger = KafkaLedger(settings.kafka_kwargs())
    redis = Redis.from_url(**settings.redis_kwargs())
    pool = PlannerPool()

    async def make_lane() -> Lane:
        await ledger.start()
        metrics.start_server(settings.metrics_host, settings.metrics_port)
        log.info("the lane is open on %d partitions", topic.partitions)
        return Lane(RedisStore(redis), ledger, FallbackModels(metrics), openings, metrics, topic)

    vet_topic = topic_vetter(settings, topic)

    def background(lane: Lane) -> list[Background]:
        def owned() -> list[Census]:
            return [tenant.census for tenant in lane.tenants.values()]

        planning = PlanningService(lambda: [(one.facility_id, one) for one in owned()], pool, ledger.suggest, metrics)
        wanted: list[Background] = [lambda: keep_looking(vet_topic)]
        if settings.planner:
            wanted.append(planning.run)
        if settings.tick_seconds:
            wanted.append(lambda: tick(owned, ledger, settings.tick_seconds))
        return wanted

    async def close() -> None:
        pool.close()
        await ledger.stop()
        await redis.aclose()

    service = LaneService(make_lane, background, vet_topic, close)
    return LaneWorker(build_app(settings, service), service)


def topic_vetter(settings: Settings, opened: Topic) -> Callable[[], Awaitable[None]]:
    """Ends the process where adt.events was made anew: its offsets begin again, and would look like redeliveries."""

    async def vet() -> None:
        try:
            found = Topic(*await asyncio.to_thread(events_topic, settings))
        except BadInput as error:  # away, or between two lives: the next look will tell
            log.warning("the topic could not be looked at: %s", error)
            return
        if found != opened:
            end_at_once(BadInput("adt.events is another topic than the one this worker began with"))

    return vet


async def keep_looking(vet_topic: Callable[[], Awaitable[None]]) -> None:
    """Faust passes over the low offsets of a topic made anew without a word, and need not even see a rebalance."""
    while True:
        await asyncio.sleep(TOPIC_LOOK_SECONDS)
        await vet_topic()
