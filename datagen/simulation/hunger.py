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
    """That of a geography's fish at sea."""

    def __init__(self, case: Case, geography: int, spec: SeaAppetite) -> None:
        self._case, self._spec, self._spells = case, spec, _spells(case, geography, spec)

    def of(self, stays: Stays, stay: Ints, day: Ints, moment: Ints) -> Floats:
        """What the appetite of stays at sea is multiplied by on days, at moments of these [days, units]."""
        plan = self._case.plan
        planned = plan.starts[stays.batch[stay]] + plan.stage_starts[self._case.sea]
        came = np.minimum(stays.first_day[stay], planned)
        spring = planned - came + self._spec.spring(day_of_year(np.datetime64(plan.first_day) + planned))
        hungry: Floats = self._spec.usual((day - came).astype(float), spring) * self._spells.take(moment)
        return hungry


def _spells(case: Case, geography: int, spec: SeaAppetite) -> Floats:
    """What spells of eating more and less make of the appetite in each area [days, units]."""
    farm, plan = case.farm, case.plan
    spells = np.ones((plan.days, farm.units_of(geography)))
    for unit in np.flatnonzero((farm.unit_geography == geography) & farm.unit_in_production & farm.unit_is_area):
        rng = stream(plan.seed, farm.geography_code[geography], farm.unit_code[unit], "appetite")
        spells[:, farm.unit_column[unit]] += (
            spec.spells * remembering(rng.standard_normal((plan.days, 1)), spec.memory)[:, 0]
        )
    return np.clip(spells, LEAST, MOST)
