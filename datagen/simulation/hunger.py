"""How hungry fish at sea are where a plan is lived, beside what handling and storms leave of their appetite."""

import numpy as np

from datagen.arrays import Floats, Ints
from datagen.biology.water import day_of_year
from datagen.case import Case
from datagen.catalog.ways.living import SeaAppetite
from datagen.simulation.stays import Stays
from datagen.streams import remembering, stream

LEAST, MOST = 0.4, 1.6
"""Bounds of what a spell does to appetite; invented."""


def hunger(case: Case, geography: int, stays: Stays, spec: SeaAppetite, day: Ints, moment: Ints) -> Floats:
    """What the appetite of stays is multiplied by, by container-day, at moments [days, units]; 1 on land."""
    plan, at_sea = case.plan, np.flatnonzero(stays.stage == case.sea)
    planned = plan.starts[stays.batch[at_sea]] + plan.stage_starts[case.sea]
    came = np.minimum(stays.first_day[at_sea], planned)
    spring = planned - came + spec.spring(day_of_year(np.datetime64(plan.first_day) + planned))
    days = np.diff(np.append(stays.row, stays.rows))
    rows = np.flatnonzero(np.repeat(stays.stage == case.sea, days))
    usual = spec.usual(day[rows] - np.repeat(came, days[at_sea]), np.repeat(spring, days[at_sea]))
    factor = np.ones(stays.rows)
    factor[rows] = usual * _spells(case, geography, spec).take(moment[rows])
    return factor


def _spells(case: Case, geography: int, spec: SeaAppetite) -> Floats:
    """What spells of eating more and less make of the appetite in each area [days, units]."""
    farm, plan = case.farm, case.plan
    spells = np.ones((plan.days, len(farm.unit_name)))
    for unit in np.flatnonzero((farm.unit_geography == geography) & farm.unit_in_production & farm.unit_is_area):
        rng = stream(plan.seed, farm.geography_code[geography], farm.unit_code[unit], "appetite")
        spells[:, unit] += spec.spells * remembering(rng.standard_normal((plan.days, 1)), spec.memory)[:, 0]
    return np.clip(spells, LEAST, MOST)
