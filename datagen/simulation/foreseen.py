"""What is known of container-days before they are lived: luck, water, and what season, place and age do to the fish."""

from dataclasses import dataclass
from functools import partial

import numpy as np

from datagen.arrays import Bools, Floats, Ints
from datagen.biology.growth import cube_root_gain
from datagen.biology.water import year_wave
from datagen.case import Case
from datagen.simulation import hardship
from datagen.simulation.climate import Climate, hazards
from datagen.simulation.currents import Breathing
from datagen.simulation.halls import Shared
from datagen.simulation.hunger import hunger
from datagen.simulation.stays import Draws, Stays


@dataclass(frozen=True)
class Foreseen:
    """Columns by container-day; `moment` and `place` are in the order of `stays`, all others day by day.

    `moment` is where each is in tables [days, units], and `place` where in the other columns: what is asked for
    together lies together. `deaths`, `rounding` and `cause` are random numbers. Hazards are chances to die on that day,
    by cause; `appetite` are two factors, `full_gain` is what the cube root of the weight gains where nothing is
    wanting. Oxygen is that of the area or hall and, with `more_oxygen_pct`, that of the ring; from `enough_pct` on
    fish feel no want of it.
    """

    moment: Ints
    place: Ints
    deaths: Floats
    rounding: Floats
    cause: Floats
    everyday: Floats
    befalling: list[tuple[int, Floats]]
    appetite: tuple[Floats, Floats]
    full_gain: Floats
    oxygen_pct: Floats
    more_oxygen_pct: Floats | None
    enough_pct: Floats | None


def foreseen(
    case: Case,
    geography: int,
    stays: Stays,
    draws: Draws,
    climate: Climate,
    temp_offset_c: Floats,
    halls: Shared | None,
    breathing: Breathing | None,
) -> Foreseen:
    """The columns of a geography; two of the draws are used up."""
    farm, s = case.farm, stays
    each = partial(np.repeat, repeats=np.diff(np.append(s.row, s.rows)))
    day = np.arange(s.rows) + each(s.first_day - s.row)
    moment = day * len(farm.unit_name) + each(farm.container_unit[s.container])
    at_sea: Bools = each(s.stage == case.sea)
    temp_c = climate.temp_c.take(moment) + each(temp_offset_c[s.container])
    full_gain = cube_root_gain(temp_c, each(s.tgc))
    if (lived := case.way.sea_growth) is not None:
        full_gain *= np.where(at_sea, lived.times(case.plan.days_of_year())[day], 1.0)
    everyday, steady = draws.hardship, draws.appetite
    everyday *= each(s.hazard)
    everyday *= _season(case, geography).take(moment)
    steady *= case.catalog.biology.growth.appetite_daily_sd
    steady += 1.0
    np.maximum(steady, 0.0, out=steady)
    # Of small numbers, sorting is counting.
    order = np.argsort(day.astype(np.min_scalar_type(case.plan.days)), kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(s.rows)
    return Foreseen(
        moment,
        place,
        deaths=draws.deaths[order],
        rounding=draws.rounding[order],
        cause=draws.cause[order],
        everyday=everyday[order],
        befalling=[(cause, hazard[order]) for cause, hazard in _befalling(case, geography, s, day, moment)],
        appetite=(steady[order], _hungry(case, geography, s, climate, day, moment, halls)[order]),
        full_gain=full_gain[order],
        oxygen_pct=climate.oxygen_pct.take(moment[order]),
        more_oxygen_pct=None if breathing is None else breathing.oxygen_pct(each(s.container), moment)[order],
        enough_pct=None if breathing is None else breathing.enough_pct(temp_c[order]),
    )


def _befalling(case: Case, geography: int, s: Stays, day: Ints, moment: Ints) -> list[tuple[int, Floats]]:
    """Hazards at sea besides the everyday one, by index of the cause: diseases of batches, and what befalls areas."""
    each = partial(np.repeat, repeats=np.diff(np.append(s.row, s.rows)))
    met = np.maximum(day - each(s.delay), 0) * s.outbreak.shape[1] + each(s.batch)
    outbreak = s.outbreak.take(met) * each(s.frailty * (s.stage == case.sea))
    suffering = 1.0 if case.way.mortality is None else each(s.frailty)
    areas = hazards(case, geography).items()
    return [(hardship.DISEASE, outbreak), *((cause, hazard.take(moment) * suffering) for cause, hazard in areas)]


def _hungry(
    case: Case, geography: int, s: Stays, climate: Climate, day: Ints, moment: Ints, halls: Shared | None
) -> Floats:
    """What appetite is multiplied by: nobody is fed in a storm, nor while a hall's pumps are down."""
    hungry = (~climate.storm.take(moment)).astype(float)
    if (spec := case.way.sea_appetite) is not None:
        hungry *= hunger(case, geography, s, spec, day, moment)
    if halls is not None:
        hungry *= halls.fed.take(moment)
    return hungry


def _season(case: Case, geography: int) -> Floats:
    """What everyday deaths are multiplied by [days, units]."""
    if case.way.mortality is not None:
        return hardship.everyday(case, geography, case.way.mortality)
    farm, spec = case.farm, case.catalog.mortality
    # The hard season at sea is opposite to the warm one.
    wave = year_wave(case.plan.days_of_year()[:, None], farm.unit_warmest_day[None, :])
    return np.where(farm.unit_is_area, spec.winter_factor**-wave, 1.0)
