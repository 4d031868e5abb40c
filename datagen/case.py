"""A case: a company's catalog, its farm, and a plan for it, which travel together through simulation and expansion."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from datagen.arrays import Dates, Floats, Ints
from datagen.catalog import Catalog
from datagen.catalog.stages import Stages, stages
from datagen.catalog.ways import Way
from datagen.catalog.ways.recording import Recording
from datagen.farm import Farm
from datagen.planning.legs import early_days
from datagen.planning.mixing import mixed
from datagen.planning.plan import BatchPlan, Plan

if TYPE_CHECKING:
    from datagen.planning.forecast import Forecast
    from datagen.simulation.currents import Places
    from datagen.simulation.halls import Hall
    from datagen.simulation.hardship import Befallen


@dataclass(frozen=True)
class Case:
    """What a simulation starts from. Geographies, units, containers and stages are indices into farm and stages."""

    catalog: Catalog
    farm: Farm
    plan: Plan

    @cached_property
    def stages(self) -> Stages:
        return stages(self.catalog)

    @property
    def way(self) -> Way:
        """How the plan is lived: what departs from the rest of the catalog."""
        way: Way = getattr(self.catalog.ways, self.plan.way)
        return way

    @cached_property
    def batches(self) -> tuple[BatchPlan, ...]:
        """Those of the plan, and after them those ahead of the as-of day that are known by then."""
        from datagen.planning.presets import ordered_ahead  # which makes plans for cases

        return (*self.plan.batches, *ordered_ahead(self))

    def hall(self, unit: int) -> "Hall":
        """What befalls a hall whose tanks share one water: once for who lives there, and all who were there."""
        from datagen.simulation.halls import hall  # which is that of cases

        if unit not in self._halls:
            self._halls[unit] = hall(self, unit)
        return self._halls[unit]

    @cached_property
    def _halls(self) -> "dict[int, Hall]":
        return {}

    @cached_property
    def currents(self) -> "Places | None":
        """Where rings lie in the currents of their areas, if they are told apart."""
        from datagen.simulation.currents import places  # which are those of cases

        return None if self.way.currents is None else places(self, self.way.currents)

    @cached_property
    def swaps(self) -> Ints:
        """When sensors that take turns are swapped: once for all who ask, for it is drawn for the whole record."""
        from datagen.events.sensor_service import swaps  # which are those of cases

        return swaps(self)

    def befell(self, unit: int) -> "list[Befallen]":
        """What befell an area beside the diseases of batches: once as well."""
        from datagen.simulation.hardship import befell  # which is that of cases

        if unit not in self._befell:
            self._befell[unit] = befell(self, unit)
        return self._befell[unit]

    @cached_property
    def _befell(self) -> "dict[int, list[Befallen]]":
        return {}

    @cached_property
    def on_duty(self) -> Ints | None:
        """Who enters what at halls and areas, by day: once for all who ask."""
        from datagen.events.duty import everywhere  # which is that of cases

        return everywhere(self)

    @cached_property
    def late_entries(self) -> dict[str, Dates]:
        """What was entered later than on its day, and when: once for all who ask."""
        from datagen.events.entering import late_entries  # which are those of cases

        return late_entries(self)

    @cached_property
    def mixed(self) -> dict[int, BatchPlan]:
        """The batches that begin as a mix of two others, by the index of the younger of these."""
        return mixed(self, self.batches)

    @cached_property
    def as_lived(self) -> "Case":
        """With those mixed of batches of the plan as batches of it, after the others: in a history they are so."""
        begun = len(self.plan.batches)
        last = (batch for index, batch in self.mixed.items() if index < begun)
        lived = replace(self, plan=replace(self.plan, batches=(*self.plan.batches, *last)))
        # Which hang on catalog, farm and the batch alone; or on the days of the plan.
        lived.__dict__.update(_forecasts=self._forecasts, _halls=self._halls, _befell=self._befell)
        return lived

    @cached_property
    def early_days(self) -> list[Ints]:
        """Of each batch of the plan, how many days before its stage fish come to each ring; below 0 to late ones."""
        return early_days(self.plan, self.way, self.late_days)

    @cached_property
    def late_days(self) -> list[int]:
        """Of each batch of the plan, how many days after the stage at sea begins its last ring gets fish of others."""
        from datagen.planning.thinning import late_days  # which forecasts cases

        return late_days(self)

    @cached_property
    def stocked(self) -> list[Floats | None]:
        """Of each batch of the plan, by ring, how many fish go to sea in it as a multiple of an even part."""
        from datagen.planning.stocking import stocked  # which forecasts cases

        return [stocked(self, batch) for batch in self.plan.batches]

    @cached_property
    def graded(self) -> list[int]:
        """Of each batch of the plan, the stage that its fish are sorted by size into, or 0."""
        from datagen.planning.grading import graded  # which forecasts cases

        return graded(self)

    def forecast(self, batch: BatchPlan) -> "Forecast":
        """What a batch is expected to live: once for all who ask."""
        from datagen.planning.forecast import Forecast  # which is that of cases

        if batch not in self._forecasts:
            self._forecasts[batch] = Forecast(self, batch)
        return self._forecasts[batch]

    @cached_property
    def _forecasts(self) -> "dict[BatchPlan, Forecast]":
        return {}

    def __getstate__(self) -> dict[str, object]:
        """Forecasts are large, and made again in less time than it takes to send them; as lived it shares them."""
        left = ("_forecasts", "as_lived")
        return {name: value for name, value in self.__dict__.items() if name not in left}

    @property
    def recording(self) -> tuple[Recording | None, float]:
        """How the record departs from what was, if it does, and how many times as often as the catalog says."""
        spec = None if self.plan.imperfections == "none" else self.way.recording
        return spec, 1.0 if spec is None or self.plan.imperfections == "usual" else spec.many_times

    @property
    def sea(self) -> int:
        return self.stages.sea

    @property
    def geographies(self) -> list[int]:
        """Those in which the plan has batches."""
        return sorted({batch.geography for batch in self.plan.batches})
