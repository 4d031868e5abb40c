"""What a plan promises: its window, its use of containers, the rows and the disk that it will take."""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np

from datagen import console
from datagen.arrays import Floats, Ints
from datagen.biology.growth import cube_root_gain
from datagen.biology.water import day_of_year, year_wave
from datagen.case import Case
from datagen.planning.plan import (
    READINGS_PER_DAY,
    UTILISATION_FROM_DAY,
    BatchPlan,
    containers_by_kind,
    planned_occupancy,
)

DELIVERY_EVERY_DAYS = 10.0
"""Days between deliveries of feed to a silo or barge in use; measured, within 15 % on `guide` and `production`."""

BYTES_PER_ROW = {
    "environmental_environmentalreading": 250,
    "inventory_feedingevent": 290,
    "batch_mortalityevent": 230,
    "batch_individualgrowthobservation": 170,
}
"""Disk of a row with its indexes, roughly."""

BYTES_PER_OTHER_ROW = 320


@dataclass(frozen=True)
class Use:
    """Use of one kind of container of a geography, as shares of those in production.

    `utilisation` is expected, from day 780 of the record to the as-of day; None in a shorter record.
    """

    geography: str
    kind: str
    containers: int
    planned_peak: float
    utilisation: float | None


@dataclass(frozen=True)
class Summary:
    """A plan in figures; `bound` names what kept it from holding all batches asked for."""

    preset: str
    batches: dict[str, int]
    bound: str | None
    first_start: date
    last_start: date
    as_of: date
    expected_harvested: int
    uses: tuple[Use, ...]
    utilisation_by_geography: dict[str, float | None]
    utilisation_by_kind: dict[str, float | None]
    utilisation: float | None
    rows: dict[str, int]
    disk_bytes: int


@dataclass(frozen=True)
class Forecast:
    """The life that a batch is expected to have: an average one, without luck. Days are days of life."""

    case: Case
    batch: BatchPlan

    @cached_property
    def starts(self) -> list[int]:
        starts: list[int] = self.case.stages.starts.tolist()
        return starts

    @property
    def sea_day(self) -> int:
        """Day of life on which the fish go to sea."""
        return self.starts[self.case.sea]

    @cached_property
    def stage(self) -> Ints:
        """Stage by day."""
        return np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))

    @cached_property
    def _dates(self) -> "np.ndarray[tuple[int], np.dtype[np.datetime64]]":
        return np.datetime64(self.batch.start) + np.arange(self.starts[-1])

    @cached_property
    def temp_c(self) -> Floats:
        """Water of the mean year by day: tempered by stage, then of the batch's area."""
        water, farm = self.case.catalog.water, self.case.farm
        tempering = {each.stage: each for each in water.freshwater.tempering}
        fresh = [tempering[key] for key in self.case.stages.key[:-1]]
        sea = water.climates[farm.unit_climate[farm.container_unit[self.batch.containers[-1][0]]]]
        mean = np.array([*(each.mean_c for each in fresh), sea.mean_c])[self.stage]
        swing = np.array([*(each.amplitude_c for each in fresh), sea.amplitude_c])[self.stage]
        warmest = np.where(self.stage == self.case.sea, sea.warmest_day, water.freshwater.warmest_day)
        temp_c: Floats = mean + swing * year_wave(day_of_year(self._dates), warmest)
        return temp_c

    @cached_property
    def fed(self) -> Floats:
        """Chance of a day to be one of feeding: not fasted before a treatment, and no storm."""
        storm = self.case.catalog.water.weather.storm_probability(self._dates)
        fed: Floats = 1.0 - storm * (self.stage == self.case.sea)
        for treatment in self.case.catalog.biology.lice_treatments:
            day = self.sea_day + treatment.sea_day
            fed[day - treatment.fasting_days : day] = 0.0
        return fed

    @cached_property
    def appetite(self) -> Floats:
        """Share of a full ration by day: every handling takes some, which comes back day by day."""
        biology = self.case.catalog.biology
        handled = [(self.starts[self.case.stages.index(move.into)], move.appetite) for move in biology.transfers]
        handled += [(self.case.stages.day(jab.stage, jab.day_of_stage), jab.appetite) for jab in biology.vaccinations]
        handled += [(self.sea_day + each.sea_day, each.appetite) for each in biology.lice_treatments]
        appetite = np.ones(self.starts[-1])
        for day, left in handled:
            after = np.arange(len(appetite) - day)
            appetite[day:] -= (1.0 - left) * (1.0 - biology.growth.appetite_recovery_per_day) ** after
        return np.maximum(appetite, 0.0) * self.fed

    @cached_property
    def weight_g(self) -> Floats:
        """Mean weight in the morning of each day."""
        biology = self.case.catalog.biology
        tgc = self.case.stages.tgc[self.stage] * biology.growth.potential
        gain = cube_root_gain(self.temp_c, tgc) * self.appetite
        weight_g: Floats = (np.cbrt(biology.eggs.weight_g) + np.cumsum(gain) - gain) ** 3
        return weight_g

    @cached_property
    def harvest_days(self) -> Ints:
        """Day on which each ring is emptied: at target weight, not while medicine is withheld, by the planned end."""
        spec, sea, rings = self.case.catalog.biology.harvest, self.sea_day, len(self.batch.containers[-1])
        fit = [sea]
        for each in self.case.catalog.biology.lice_treatments:
            fit.append(sea + each.sea_day + (rings - 1) // each.rings_per_day + each.withholding_days)
        reached = sea + int(np.searchsorted(self.weight_g[sea:], self.batch.harvest_target_g))
        latest = self.starts[-1] - (1 + spec.fasting_days + (rings - 1) // spec.rings_per_day)
        decided = min(max(reached, *fit), latest)
        emptied = decided + 1 + spec.fasting_days + np.arange(rings) // spec.rings_per_day
        days: Ints = np.clip(emptied, sea, self.starts[-1])
        return days

    def ends(self, stage: int) -> Ints:
        """Day by which each container of a stage is empty."""
        if stage == self.case.sea:
            return self.harvest_days
        return np.full(len(self.batch.containers[stage]), self.starts[stage + 1])

    def rows(self, age_days: int) -> "Counter[str]":
        """Rows by table of a batch that has lived `age_days` on the as-of day."""
        rows = Counter({"batch_batch": 1, "batch_creationworkflow": 1})
        rows["batch_creationaction"] = len(self.batch.containers[0])
        begun = sum(start < age_days for start in self.starts[:-1])
        for stage in range(begun):
            rows += self._stage_rows(stage, age_days)
        for before, after in zip(self.batch.containers[: begun - 1], self.batch.containers[1:begun], strict=True):
            rows["batch_batchtransferworkflow"] += 1
            # One to one, or poured in order.
            alike = len(before) == len(after)
            rows["batch_transferaction"] += len(before) if alike else len(before) + len(after) - 1
        harvested = int((self.harvest_days < age_days).sum())
        rows["harvest_harvestevent"] = harvested
        rows["harvest_harvestlot"] = harvested * len(self.case.catalog.grades.grades)
        return rows

    def _stage_rows(self, stage: int, age_days: int) -> "Counter[str]":
        biology, containers = self.case.catalog.biology, self.batch.containers[stage]
        spec, sampling = biology.stages[stage], biology.sampling
        first, ends = self.starts[stage], np.minimum(self.ends(stage), age_days)
        days = int((ends - first).sum())
        sensors = int((self.case.farm.container_sensors[containers[0]] >= 0).sum())
        hazard = float(self.case.stages.daily_hazard[stage])
        fed_until = np.concatenate(([0.0], np.cumsum(self.fed)))
        fasted = biology.harvest.fasting_days * int((ends < age_days).sum()) if stage == self.case.sea else 0
        fed_days = float((fed_until[ends] - fed_until[first]).sum()) - fasted
        begins = self.case.stages.index(sampling.first_stage)
        weighing = self.starts[begins] + sampling.weekday_of_stage
        upto = -(-(ends - weighing) // sampling.every_days) - -(-(first - weighing) // sampling.every_days)
        samples = int(upto.sum()) if stage >= begins else 0
        stores = len(set(self.case.farm.container_store[list(containers)].tolist()))
        deliveries = stores * (int(ends.max()) - first) / DELIVERY_EVERY_DAYS if spec.feeds else 0.0
        return Counter(
            {
                "batch_batchcontainerassignment": len(containers),
                "environmental_environmentalreading": READINGS_PER_DAY * sensors * days,
                "inventory_feedingevent": round(max(fed_days, 0.0) * spec.meals_per_day),
                # A day on which none dies has no row; that is seldom but in very small batches.
                "batch_mortalityevent": round(days * min(self.batch.eggs / len(containers) * hazard, 1.0)),
                "batch_growthsample": samples,
                "batch_individualgrowthobservation": samples * sampling.fish,
                "inventory_feedpurchase": round(deliveries),
                "inventory_feedcontainerstock": round(deliveries),
            }
        )


def expected_occupancy(case: Case, forecasts: list[Forecast]) -> Floats:
    """Containers expected to be occupied on each day of the record [days, geographies, stages]."""
    plan, stages = case.plan, len(case.stages.key)
    change = np.zeros((plan.days + 1, len(case.farm.geography_name), stages))
    for forecast, start in zip(forecasts, plan.starts(), strict=True):
        for stage in range(stages):
            place = forecast.batch.geography
            first = min(int(start) + plan.stage_starts[stage], plan.days)
            ends = np.minimum(start + forecast.ends(stage), plan.days)
            change[first, place, stage] += len(ends)
            np.subtract.at(change[:, place, stage], ends, 1.0)
    return np.cumsum(change, axis=0)[: plan.days]


def summarise(case: Case, bound: str | None = None) -> Summary:
    """A plan in figures, without simulating it; rows come within a few per cent of what the run then writes."""
    plan, farm = case.plan, case.farm
    forecasts = [Forecast(case, batch) for batch in plan.batches]
    stock = containers_by_kind(farm)
    peak = planned_occupancy(plan, farm).max(axis=0)
    occupied = expected_occupancy(case, forecasts)[UTILISATION_FROM_DAY:]
    mean = occupied.mean(axis=0) if len(occupied) else np.full_like(stock, np.nan)
    ages = [(plan.as_of - batch.start).days + 1 for batch in plan.batches]
    rows: Counter[str] = Counter()
    for forecast, age in zip(forecasts, ages, strict=True):
        rows += forecast.rows(age)
    here = np.flatnonzero(stock.sum(axis=1))
    return Summary(
        plan.preset,
        {farm.geography_name[g]: sum(batch.geography == g for batch in plan.batches) for g in here},
        bound,
        plan.first_day,
        max(batch.start for batch in plan.batches),
        plan.as_of,
        sum(int(forecast.harvest_days.max()) < age for forecast, age in zip(forecasts, ages, strict=True)),
        tuple(
            Use(
                farm.geography_name[g],
                farm.stage_name[stage],
                int(stock[g, stage]),
                float(peak[g, stage] / stock[g, stage]),
                _share(mean[g, stage], stock[g, stage]),
            )
            for g in here
            for stage in np.flatnonzero(stock[g])
        ),
        {farm.geography_name[g]: _share(mean[g], stock[g]) for g in here},
        {name: _share(mean[:, stage], stock[:, stage]) for stage, name in enumerate(farm.stage_name)},
        _share(mean, stock),
        dict(rows),
        sum(count * BYTES_PER_ROW.get(table, BYTES_PER_OTHER_ROW) for table, count in rows.items()),
    )


def _share(occupied: Floats, stock: Floats) -> float | None:
    share = float(np.sum(occupied) / max(float(np.sum(stock)), 1.0))
    return None if np.isnan(share) else share


def show(case: Case, bound: str | None) -> None:
    """Print a plan's summary."""
    plan, made = case.plan, summarise(case, bound)
    numbers = ", ".join(f"{count} {name}" for name, count in made.batches.items())
    console.out.print(
        f"[bold]Plan {made.preset}[/]: {len(plan.batches)} batches ({numbers}), starts {made.first_start} to "
        f"{made.last_start}, record to {made.as_of}, about {made.expected_harvested} harvested by then; "
        f"seed {plan.seed}, stagger {plan.stagger_days} days, saturation {plan.saturation:g}"
    )
    if bound:
        console.out.print(f"[yellow]Fewer batches than asked for; what bound:[/] {bound}")
    console.show_table(
        "Containers",
        [
            ("geography", "left"),
            ("kind", "left"),
            *((h, "right") for h in ("containers", "planned peak", "expected use")),
        ],
        [
            *(
                (use.geography, use.kind, use.containers, _percent(use.planned_peak), _percent(use.utilisation))
                for use in made.uses
            ),
            *((place, "all", "", "", _percent(share)) for place, share in made.utilisation_by_geography.items()),
            *(("all", kind, "", "", _percent(share)) for kind, share in made.utilisation_by_kind.items()),
            ("all", "all", sum(use.containers for use in made.uses), "", _percent(made.utilisation)),
        ],
    )
    rows = sorted(made.rows.items(), key=lambda row: -row[1])
    console.show_table(
        "Expected rows",
        [("table", "left"), ("rows", "right")],
        [*((table, f"{count:,}") for table, count in rows), ("all", f"{sum(made.rows.values()):,}")],
    )
    console.out.print(f"Disk: about {made.disk_bytes / 1e9:,.2f} GB")


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f} %"
