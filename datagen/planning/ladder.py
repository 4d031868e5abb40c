"""Batches at chosen ages on the as-of day, and finished ones before them: a plan for acceptance tests."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np

from aquamind.errors import UserError
from datagen.case import Case
from datagen.catalog import Catalog
from datagen.catalog.spec import LEAST_EGGS, MOST_EGGS
from datagen.catalog.stages import stages
from datagen.farm import Farm
from datagen.planning.allocation import DoesNotFit
from datagen.planning.forecast import Forecast, vigour
from datagen.planning.plan import LONGEST_RECORD_DAYS, BatchPlan, Plan, check_as_of
from datagen.planning.presets import Ladder, Preset, book, check
from datagen.planning.slaughter import least_days

SLOWEST, FASTEST = 0.8, 1.0
"""Pace of growth that a wanted weight may take, in those of the catalog: fish can be held back, not hurried on."""


def ladder_plan(catalog: Catalog, farm: Farm, preset: Preset, ladder: Ladder, as_of: date, seed: int) -> Plan:
    """A plan of a ladder in each geography in production; finished batches start `stagger_days` apart, in turn."""
    check(preset)
    check_as_of(as_of, as_of)
    longest = int(stages(catalog).starts[-1])
    geographies = farm.geographies_in_production()
    _check(ladder, longest, preset.stagger_days * len(geographies))
    turns = ladder.finished * len(geographies)
    starts = [
        (
            geographies[turn % len(geographies)],
            as_of - timedelta(days=longest + (turns - 1 - turn) * preset.stagger_days),
        )
        for turn in range(turns)
    ]
    rungs = sorted(ladder.ages, reverse=True)
    starts += [(place, as_of - timedelta(days=age - 1)) for age in rungs for place in geographies]
    try:
        plan = book(catalog, farm, preset, as_of, seed, starts)
    except DoesNotFit as why:
        place, start = starts[why.booked]
        field = "finished" if why.booked < turns else "ages"
        age = (as_of - start).days + 1
        cure = f"A batch of {age} days in {farm.geography_name[place]} finds no room: {why}. Give fewer, or other ages"
        raise UserError(field, ladder.finished if field == "finished" else age, cure) from None
    finished, young = plan.batches[:turns], plan.batches[turns:]
    return replace(
        plan,
        batches=(
            *(replace(batch, eggs=ladder.eggs) for batch in finished),
            *(_rung(Case(catalog, farm, plan), batch, ladder) for batch in young),
        ),
    )


def _check(ladder: Ladder, longest: int, spacing_days: int) -> None:
    if not ladder.ages and not ladder.finished:
        raise UserError("ages", None, 'No batch is asked for. Give ages in days, such as "25 45 88"')
    for age in ladder.ages:
        if not 1 <= age <= longest:
            raise UserError("ages", age, f"Give days of life from 1 to {longest}")
    if not 0 <= ladder.finished <= (LONGEST_RECORD_DAYS - longest) // spacing_days:
        most = (LONGEST_RECORD_DAYS - longest) // spacing_days
        raise UserError("finished", ladder.finished, f"Give 0 to {most:,} finished batches per geography")
    if not LEAST_EGGS <= ladder.eggs <= MOST_EGGS:
        raise UserError("eggs", ladder.eggs, f"Give a whole number of eggs from {LEAST_EGGS:,} to {MOST_EGGS:,}.")


def _rung(case: Case, batch: BatchPlan, ladder: Ladder) -> BatchPlan:
    """A batch of the ladder, which may be harvested from tomorrow on, at the pace that makes it as heavy as wanted."""
    catalog, as_of = case.catalog, case.plan.as_of
    rung = replace(batch, eggs=ladder.eggs, harvest_target_g=ladder.harvest_target_g)
    age, forecast = (as_of - batch.start).days + 1, Forecast(case, rung)
    oldest = forecast.starts[-1] - least_days(catalog.biology.harvest, len(batch.containers[-1]))
    if age > oldest:
        raise UserError("ages", age, f"Slaughter of a batch begins on day {oldest + 1:,} at the latest; give less")
    if age <= forecast.sea_day:
        return rung
    return replace(rung, harvest_from=as_of + timedelta(days=1), growth=_pace(forecast, age, ladder))


def _pace(forecast: Forecast, age: int, ladder: Ladder) -> float:
    """A multiple of the catalog's growth, which adds to the cube root of the weight, and of the batch's own luck."""
    if not ladder.weights_g:
        return 1.0
    ages, weights_g = zip(*ladder.weights_g, strict=True)
    egg, usual, wanted = np.cbrt([forecast.weight_g[0], forecast.weight_g[age - 1], np.interp(age, ages, weights_g)])
    pace = (wanted - egg) / (usual - egg) / vigour(forecast.case, forecast.batch)
    return round(float(np.clip(pace, SLOWEST, FASTEST)), 3)
