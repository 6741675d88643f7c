"""The one composition root: settings in, a worker out. Nothing else knows which adapters there are."""

from __future__ import annotations

import logging

import faust
from redis.asyncio import Redis

from engine.adapters.faust_app import Background, LaneService, build_app
from engine.adapters.lane import Lane, Topic
from engine.adapters.kafka_ledger import KafkaLedger
from engine.adapters.logs import configure_logs, quieten
from engine.adapters.maps import load_houses
from engine.adapters.metrics import Metrics
from engine.adapters.planner import PlanningService
from engine.adapters.planner_pool import PlannerPool
from engine.adapters.redis_census import RedisStore
from engine.adapters.stay_models import FallbackModels
from engine.adapters.stay_strata import MODEL
from engine.adapters.ticks import tick
from engine.adapters.topics import events_topic
from engine.core.census import Census
from engine.core.ledger import Opening, Openings
from engine.settings import Settings

log = logging.getLogger(__name__)


def known_openings(settings: Settings) -> Openings:
    """What each facility of the maps starts with. Raises BadMap."""
    houses = load_houses(settings.maps)
    known = {name: Opening(house.facility, house.policy, MODEL) for name, house in houses.items()}
    return Openings(known, MODEL)


def make_worker(settings: Settings) -> faust.Worker:
    """A worker, not yet started: `execute_from_commandline()` runs it until SIGTERM. Raises BadInput at once."""
    configure_logs(settings.log_format, settings.log_level)
    quieten("aiokafka")
    openings = known_openings(settings)
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

    def background(lane: Lane) -> list[Background]:
        def owned() -> list[Census]:
            return [tenant.census for tenant in lane.tenants.values()]

        planning = PlanningService(lambda: [(one.facility_id, one) for one in owned()], pool, ledger.suggest, metrics)
        wanted: list[Background] = [planning.run] if settings.planner else []
        if settings.tick_seconds:
            wanted.append(lambda: tick(owned, ledger, settings.tick_seconds))
        return wanted

    async def close() -> None:
        pool.close()
        await ledger.stop()
        await redis.aclose()

    service = LaneService(make_lane, background, close)
    app = build_app(settings, service)
    return faust.Worker(app, service, loglevel=None, redirect_stdouts=False, quiet=True, console_port=0, override_logging=False)
