"""Small worlds for tests: the default company with few batches, simulated in well under a second."""

from contextlib import nullcontext
from dataclasses import replace
from datetime import date, timedelta
from functools import cache

from datagen import pipeline
from datagen.case import Case
from datagen.catalog import Catalog
from datagen.catalog.reader import load
from datagen.catalog.ways import Imperfections, WayName
from datagen.events.context import BatchRecord
from datagen.execution import Here
from datagen.farm import Farm, resolve
from datagen.keys import keys
from datagen.planning.plan import Plan
from datagen.planning.presets import Preset, make_plan
from datagen.simulation.history import History
from datagen.storage.store import MemoryStore

AS_OF = date(2025, 11, 21)
SEA = 5
"""The default company's last stage."""


class Silent:
    """Nobody watches."""

    def step(self, name: str, total: float | None = None) -> None:
        pass

    def advance(self, done: float, note: str = "") -> None:
        pass


@cache
def company() -> tuple[Catalog, Farm]:
    catalog = load()
    return catalog, resolve(catalog)


def case_of(plan: Plan) -> Case:
    """A plan for the default company."""
    return Case(*company(), plan)


def small_plan(
    as_of: date = AS_OF,
    seed: int = 1,
    batches: int = 2,
    stagger_days: int = 210,
    containers: int | None = 10,
    way: WayName = "planned",
    imperfections: Imperfections = "none",
) -> Plan:
    """Few batches a geography; with 210 days between starts the oldest of two a geography is harvested."""
    catalog, farm = company()
    preset = Preset("medium", stagger_days=stagger_days, batches=batches, containers_per_stage=containers, way=way)
    plan, bound = make_plan(catalog, farm, preset, as_of, seed)
    assert bound is None
    return roomy(replace(plan, imperfections=imperfections))


def mixing(days: int, containers: int = 10) -> Plan:
    """Two batches a geography, the last 50 days old, so many days later; a mix of them begins after 340, and 400."""
    plan = small_plan(seed=23, batches=2, stagger_days=60, containers=containers, way="lived")
    return replace(plan, as_of=plan.as_of + timedelta(days=days))


def roomy(plan: Plan) -> Plan:
    """With as many eggs as the batches' fewer containers can carry, once grown."""
    share = (plan.containers_per_stage or 10) / 10
    return replace(plan, batches=tuple(replace(batch, eggs=round(share * batch.eggs)) for batch in plan.batches))


def records(plan: Plan) -> list[BatchRecord]:
    """Every batch of a plan that has begun, lived."""
    case = case_of(plan)
    first_ids = keys(case, {}).of_batch
    histories = pipeline.simulate(case)
    return [
        BatchRecord(case, index, histories[batch.geography].batch(index), first_ids[index])
        for index, batch in enumerate(plan.batches)
        if batch.start <= plan.as_of
    ]


def stored(case: Case, histories: dict[int, History] | None = None) -> MemoryStore:
    """A case's content in memory: lived, expanded and hashed by the way that fills a database."""
    histories = pipeline.simulate(case) if histories is None else histories
    store = MemoryStore()
    hands = Here(lambda: nullcontext(pipeline.Worker(case, store)))
    given = keys(case, {})
    parts = (each(case, histories, given) for each in (pipeline.load_tasks, pipeline.last_tasks))
    pipeline.work(hands, *parts, progress=Silent())
    return store
