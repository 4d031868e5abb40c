"""The life stages of a catalog as arrays, so that whatever hangs on the stage of many fish is one look-up."""

from dataclasses import dataclass

import numpy as np

from datagen.arrays import Floats, Ints
from datagen.catalog import Catalog

Names = tuple[str, ...]


@dataclass(frozen=True)
class Stages:
    """Facts of the life stages as arrays, in order of life; the last stage is the one that lives at sea.

    `starts` are the days of life on which stages begin, and last the day by which a life has ended.
    """

    key: Names
    name: Names
    starts: Ints
    tgc: Floats
    fcr: Floats
    meals_per_day: Ints
    weight_cv: Floats
    condition_k: Floats
    condition_k_sd: Floats
    daily_hazard: Floats

    @property
    def sea(self) -> int:
        """Index of the stage at sea: those before it live in halls (a catalog that says otherwise is refused)."""
        return len(self.key) - 1

    @property
    def duration_days(self) -> Ints:
        return np.diff(self.starts)

    def index(self, key: str) -> int:
        return self.key.index(key)

    def day(self, key: str, day_of_stage: int) -> int:
        """Day of life that is a day of a stage."""
        return int(self.starts[self.index(key)]) + day_of_stage

    def of_day(self, day_of_life: Ints) -> Ints:
        """Stage by day of life; the last one's days go on without end."""
        return np.minimum(np.searchsorted(self.starts, day_of_life, side="right") - 1, self.sea)


def stages(catalog: Catalog) -> Stages:
    """The stages of a catalog."""
    specs = catalog.biology.stages
    hazards = {hazard.stage: hazard.daily for hazard in catalog.mortality.stages}

    def real(name: str) -> Floats:
        return np.array([getattr(spec, name) for spec in specs], float)

    return Stages(
        key=tuple(spec.key for spec in specs),
        name=tuple(spec.name for spec in specs),
        starts=np.cumsum([0, *(spec.duration_days for spec in specs)]),
        tgc=real("tgc"),
        fcr=real("fcr"),
        meals_per_day=np.array([spec.meals_per_day for spec in specs], np.int64),
        weight_cv=real("weight_cv"),
        condition_k=real("condition_k"),
        condition_k_sd=real("condition_k_sd"),
        daily_hazard=np.array([hazards[spec.key] for spec in specs]),
    )
