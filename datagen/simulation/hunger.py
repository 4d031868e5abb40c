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


class Hunger:
    """What the appetite of a geography's stays is multiplied by, day by day."""

    def __init__(self, case: Case, geography: int, stays: Stays, spec: SeaAppetite) -> None:
        plan = case.plan
        self._spec = spec
        self._spells = _spells(case, geography, spec)
        planned = plan.starts[stays.batch] + plan.stage_starts[case.sea]
        came = np.minimum(stays.first_day, planned)
        spring = planned - came + spec.spring(day_of_year(np.datetime64(plan.first_day) + planned))
        at_sea = stays.stage == case.sea
        # Fish on land never came.
        self._came, self._spring = np.where(at_sea, came, plan.days), np.where(at_sea, spring, np.inf)

    def on(self, day: int, stay: Ints, unit: Ints) -> Floats:
        """On a day, of stays in these units."""
        hunger: Floats = self._spec.usual(day - self._came[stay], self._spring[stay]) * self._spells[day, unit]
        return hunger


def _spells(case: Case, geography: int, spec: SeaAppetite) -> Floats:
    """What spells of eating more and less make of the appetite in each area [days, units]."""
    farm, plan = case.farm, case.plan
    spells = np.ones((plan.days, len(farm.unit_name)))
    for unit in np.flatnonzero((farm.unit_geography == geography) & farm.unit_in_production & farm.unit_is_area):
        rng = stream(plan.seed, farm.geography_code[geography], farm.unit_code[unit], "appetite")
        spells[:, unit] += spec.spells * remembering(rng.standard_normal((plan.days, 1)), spec.memory)[:, 0]
    return np.clip(spells, LEAST, MOST)
