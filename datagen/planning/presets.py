"""From a preset and a few figures to a plan in which every batch has its containers."""

from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import NamedTuple

import numpy as np

from aquamind.errors import UserError
from datagen.case import Case
from datagen.catalog import Catalog
from datagen.catalog.spec import LEAST_EGGS, MOST_EGGS
from datagen.catalog.stages import stages
from datagen.catalog.ways import Imperfections, WayName
from datagen.farm import Farm
from datagen.planning.allocation import Booking, DoesNotFit
from datagen.planning.forecast import Forecast
from datagen.planning.plan import LONGEST_RECORD_DAYS, BatchPlan, Plan, Versions, check_as_of
from datagen.planning.room import check_room
from datagen.streams import stream

YOUNGEST_DAYS = 50
"""Age of the last batch on the as-of day (reading of the guide)."""


@dataclass(frozen=True)
class Ladder:
    """What a preset wants of each geography: batches that are so old on the as-of day, and finished ones before them.

    `ages` are days of life, the first being 1. `weights_g` are wanted of batches at sea, at ages in order and between
    them in proportion. None of them is harvested before the day after the as-of day.
    """

    ages: tuple[int, ...]
    finished: int
    eggs: int
    harvest_target_g: float
    weights_g: tuple[tuple[int, float], ...]


@dataclass(frozen=True)
class Preset:
    """The figures a plan is made from; `batches` is per geography, None fills the window of `years`."""

    name: str
    years: float = 4.0
    stagger_days: int = 13
    saturation: float = 0.85
    batches: int | None = None
    containers_per_stage: int | None = None
    way: WayName = "planned"
    imperfections: Imperfections = "none"
    versions: Versions = "edited"
    ladder: Ladder | None = None


AGES = (
    *(25, 45, 65, 82, 88),
    *(105, 130, 155, 175),
    *(195, 220, 245, 265),
    *(285, 315, 345, 358),
    *(375, 405, 435, 448),
    *(480, 550, 650, 720, 780, 820, 860),
)
"""Four or more of each stage, some of them just before they move on: what acceptance tests ask for."""

WEIGHTS_G = ((480, 700.0), (550, 1150.0), (650, 2200.0), (720, 3100.0), (780, 4000.0), (820, 5000.0), (860, 5500.0))
"""The last three are what acceptance tests ask for, the others invented to lead there."""

PRESETS = {
    "production": Preset("production", way="lived", imperfections="usual"),
    "guide": Preset("guide", containers_per_stage=10),
    "medium": Preset(
        "medium", stagger_days=52, batches=20, containers_per_stage=10, way="lived", imperfections="usual"
    ),
    "small": Preset("small", batches=1, containers_per_stage=10),
    "uat": Preset("uat", containers_per_stage=10, way="lived", ladder=Ladder(AGES, 40, 3_500_000, 4700.0, WEIGHTS_G)),
}
"""`medium` staggers by 52 days, so that its 40 batches span the life of a batch: about 25 harvested and 15 growing.
Fish of `uat` may be harvested from 4.7 kg on: those of 860 days are, whatever luck they had."""

SMALL_DAYS = 200
"""Days of record of the `small` preset's one batch."""


class _Turn(NamedTuple):
    """A geography's turn to start a batch: its `ordinal` counts the geography's from 0, its `number` is its name."""

    geography: int
    start: date
    ordinal: int
    number: str


def _turn(farm: Farm, geography: int, start: date, ordinal: int, running_number: int) -> _Turn:
    number = f"{farm.geography_code[geography]}-{start.year}-{running_number:03d}"
    return _Turn(geography, start, ordinal, number)


def batch_count(preset: Preset, adult_days: int, geographies: int) -> int:
    """Batches in all: of the window that opens when the first batch reaches the sea, made even over geographies."""
    if preset.batches is not None:
        return preset.batches * geographies
    total = int((preset.years * 365 + adult_days - YOUNGEST_DAYS) // preset.stagger_days) + 1
    return -(-total // geographies) * geographies


def make_plan(catalog: Catalog, farm: Farm, preset: Preset, as_of: date, seed: int) -> tuple[Plan, str | None]:
    """Plan as many batches as asked for; where they do not all fit, the largest number that does.

    Returns the plan, and what bound it when it holds fewer batches than asked for.
    """
    check(preset)
    check_as_of(as_of, as_of)
    geographies = farm.geographies_in_production()
    total = batch_count(preset, catalog.biology.stages[-1].duration_days, len(geographies))
    if YOUNGEST_DAYS + total * preset.stagger_days > LONGEST_RECORD_DAYS:
        cure = f"{total} batches would take more than {LONGEST_RECORD_DAYS // 365} years; give fewer batches or years."
        raise UserError("stagger", preset.stagger_days, cure)
    bound = None
    while total:
        try:
            return _plan(catalog, farm, preset, as_of, seed, geographies, total), bound
        except DoesNotFit as why:
            bound = bound or str(why)
            # Batches are booked in order and share by their ordinal alone: those before the one that failed do fit.
            total = why.booked // len(geographies) * len(geographies)
    raise UserError(
        "saturation", preset.saturation, f"Not one batch fits: {bound}. Raise it, or give the stage more containers."
    )


def carry_on(case: Case, as_of: date) -> Plan:
    """The same plan as of a later day, with the batches that its own rules start until then.

    Batches go on at the plan's stagger, geographies in turn, from the first such day after the old as-of day: what is
    past stays as it was. A plan of one batch stays one batch. Carried on in steps, it is the same as in one.
    """
    plan = case.plan
    if as_of < plan.as_of:
        raise UserError(
            "to", as_of.isoformat(), f"The record reaches {plan.as_of.isoformat()} already; name a later day."
        )
    check_as_of(as_of, as_of)
    batches = list(plan.batches)
    try:
        batches += _coming(case, as_of)
    except DoesNotFit as why:
        raise UserError("to", as_of.isoformat(), f"{why}.") from None
    return replace(plan, as_of=as_of, batches=tuple(batches))


def ordered_ahead(case: Case) -> list[BatchPlan]:
    """Batches after the as-of day whose eggs are ordered by then: those that `carry_on` will find begun."""
    batches: list[BatchPlan] = []
    if case.way.orders is not None:
        # Nobody orders what finds no room.
        with suppress(DoesNotFit):
            batches.extend(_coming(case, case.plan.as_of + timedelta(days=case.way.orders.notice_days)))
    return batches


def _coming(case: Case, until: date) -> Iterator[BatchPlan]:
    """The batches that a plan's own rules start after its as-of day, until a later one."""
    farm, plan = case.farm, case.plan
    booking = Booking(farm, plan.stage_starts, plan.saturation, plan.containers_per_stage)
    for batch in plan.batches:
        booking.take(batch.start.toordinal(), batch.containers)
    spacing_days = plan.stagger_days * len({batch.geography for batch in plan.batches})
    for turn in _turns_to_come(farm, plan, until):
        try:
            yield _housed(case, booking, turn, spacing_days)
        except DoesNotFit as why:
            raise DoesNotFit(f"Batch {turn.number} finds no room: {why}") from None


def _turns_to_come(farm: Farm, plan: Plan, as_of: date) -> Iterator[_Turn]:
    """The turns of a plan from the day after its as-of day until a later one."""
    if len(plan.batches) == 1:
        return
    last = plan.batches[-1]
    start, place = last.start, last.geography
    places = sorted({batch.geography for batch in plan.batches})
    lived = Counter(batch.geography for batch in plan.batches)
    # After the highest, not by count: a plan may have been edited by hand.
    highest = dict.fromkeys(places, 0)
    for batch in plan.batches:
        highest[batch.geography] = max(highest[batch.geography], int(batch.number.rpartition("-")[2]))
    while (start := start + timedelta(days=plan.stagger_days)) <= as_of:
        if start <= plan.as_of:
            continue
        place = places[(places.index(place) + 1) % len(places)]
        highest[place] += 1
        yield _turn(farm, place, start, lived[place], highest[place])
        lived[place] += 1


def small_plan(catalog: Catalog, farm: Farm, as_of: date, seed: int) -> Plan:
    """One batch in the first geography in production that has lived 200 days on the as-of day."""
    check_as_of(as_of, as_of)
    start = as_of - timedelta(days=SMALL_DAYS - 1)
    return single_plan(
        catalog, farm, farm.geography_name[farm.geographies_in_production()[0]], start, None, as_of, seed
    )


def single_plan(
    catalog: Catalog,
    farm: Farm,
    geography: str,
    start: date,
    eggs: int | None,
    as_of: date,
    seed: int,
    occupied: Collection[int] = (),
    running_number: int = 1,
) -> Plan:
    """One batch of 10 containers a stage; eggs None draws their number.

    It keeps out of halls and areas with containers in `occupied`: their feed, simulated without it, would not add up.
    `running_number` is the batch's in its geography.
    """
    check_as_of(start, as_of)
    place = farm.geography_index(geography)
    if place not in farm.geographies_in_production():
        raise UserError("geography", geography, "It has no containers in production; choose one that has.")
    if eggs is not None and not LEAST_EGGS <= eggs <= MOST_EGGS:
        raise UserError("eggs", eggs, f"Give a whole number of eggs from {LEAST_EGGS:,} to {MOST_EGGS:,}.")
    preset = PRESETS["small"]
    try:
        plan = book(catalog, farm, preset, as_of, seed, [(place, start)], occupied, running_number)
    except DoesNotFit as why:
        beside = "Put it into a schedule with the others, or into another database"
        alone = "Plan it by a preset that may fill them: --preset medium --batches 1 --saturation 1"
        cure = f"No room for a batch of its own: {why}. {beside if len(occupied) else alone}"
        raise UserError("geography", geography, cure) from None
    if eggs is not None:
        plan = replace(plan, batches=(replace(plan.batches[0], eggs=eggs),))
    check_room(Case(catalog, farm, plan))
    return plan


def check(preset: Preset) -> None:
    """Refuse figures that no plan can be made from."""
    limits = {
        "years": (preset.years, 0 < preset.years <= 50, "Give years above 0, at most 50."),
        "stagger": (preset.stagger_days, 1 <= preset.stagger_days <= 1000, "Give 1 to 1,000 days."),
        "saturation": (preset.saturation, 0 < preset.saturation <= 1, "Give a share above 0, at most 1, such as 0.85."),
        "batches": (
            preset.batches,
            preset.batches is None or 1 <= preset.batches <= 1000,
            "Give 1 to 1,000 batches per geography.",
        ),
    }
    for name, (value, good, cure) in limits.items():
        if not good:
            raise UserError(name, value, cure)


def _plan(
    catalog: Catalog, farm: Farm, preset: Preset, as_of: date, seed: int, geographies: list[int], total: int
) -> Plan:
    """Geographies take turns, `stagger_days` apart; the last batch is `YOUNGEST_DAYS` old on the as-of day."""
    last = as_of - timedelta(days=YOUNGEST_DAYS)
    starts = [
        (geographies[i % len(geographies)], last - timedelta(days=(total - 1 - i) * preset.stagger_days))
        for i in range(total)
    ]
    return book(catalog, farm, preset, as_of, seed, starts)


def book(
    catalog: Catalog,
    farm: Farm,
    preset: Preset,
    as_of: date,
    seed: int,
    starts: list[tuple[int, date]],
    occupied: Collection[int] = (),
    first_number: int = 1,
) -> Plan:
    """A plan of batches that start in these geographies on these days, in order."""
    starts_at = tuple(stages(catalog).starts.tolist())
    booking = Booking(farm, starts_at, preset.saturation, preset.containers_per_stage)
    used = np.isin(farm.container_unit, farm.container_unit[list(occupied)])
    booking.free_from[used] = np.iinfo(np.int64).max
    spacing_days = preset.stagger_days * len({place for place, _ in starts})
    lived: Counter[int] = Counter()
    batches: list[BatchPlan] = []
    plan = Plan(
        preset.name,
        seed,
        as_of,
        preset.years,
        preset.stagger_days,
        preset.saturation,
        preset.containers_per_stage,
        starts_at,
        (),
        preset.way,
        preset.imperfections,
        preset.versions,
    )
    case = Case(catalog, farm, plan)
    for place, start in starts:
        turn = _turn(farm, place, start, lived[place], first_number + lived[place])
        lived[place] += 1
        try:
            batches.append(_housed(case, booking, turn, spacing_days))
        except DoesNotFit as why:
            why.booked = len(batches)
            raise
    return replace(plan, batches=tuple(batches))


def _housed(case: Case, booking: Booking, turn: _Turn, spacing_days: float) -> BatchPlan:
    """A batch in its share of the containers, and in more where its fish would outgrow those; they are booked."""
    shares = booking.allowances(turn.geography, turn.ordinal, spacing_days)
    while True:
        containers = booking.find(turn.geography, turn.start.toordinal(), shares)
        batch = _batch(case.catalog, case.plan.seed, turn, containers)
        wanted = booking.widened(turn.geography, shares, Forecast(case, batch).fullness)
        if wanted == shares:
            booking.take(turn.start.toordinal(), containers)
            return batch
        shares = wanted


def _batch(catalog: Catalog, seed: int, turn: _Turn, containers: tuple[tuple[int, ...], ...]) -> BatchPlan:
    draws = stream(seed, turn.number, "plan")
    eggs, harvest = catalog.biology.eggs, catalog.biology.harvest
    count = int(draws.integers(eggs.count_min // 100, eggs.count_max // 100 + 1)) * 100
    target_g = round(float(draws.uniform(harvest.target_min_g, harvest.target_max_g)), -1)
    return BatchPlan(turn.number, turn.geography, turn.start, count, target_g, containers)
