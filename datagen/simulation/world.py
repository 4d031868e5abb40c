"""The state of a geography and how one day changes it: all containers at once, whole fish, whole grains of feed."""

from dataclasses import replace

import numpy as np

from datagen.arrays import Floats, Ints
from datagen.biology import feeding, mortality
from datagen.biology.growth import cube_root_gain
from datagen.biology.water import year_wave
from datagen.case import Case
from datagen.catalog import Catalog
from datagen.catalog.biology import Handling
from datagen.simulation import hardship
from datagen.simulation.bins import Bins, days_until
from datagen.simulation.climate import Climate, climate, hazards
from datagen.simulation.currents import Breathing
from datagen.simulation.feed_stock import Stores, stores
from datagen.simulation.halls import Shared
from datagen.simulation.history import (
    FULL,
    Assignments,
    ContainerDays,
    Deliveries,
    Harvests,
    History,
    Log,
    Moves,
    Operations,
    Waiting,
    table,
)
from datagen.simulation.hunger import Hunger
from datagen.simulation.stays import Stays, stays
from datagen.streams import stream

HANDLING = mortality.CAUSES.index("HANDLING")
DISEASE = mortality.CAUSES.index("DISEASE")


class World:
    """The state of a geography; indices are those of the farm's containers, of `stays` and of the plan's batches."""

    def __init__(self, case: Case, geography: int) -> None:
        catalog, farm, plan = case.catalog, case.farm, case.plan
        self.case, self.catalog, self.farm, self.plan, self.geography = case, catalog, farm, plan, geography
        self.cause_shares = _cause_shares(catalog)
        self.stays: Stays = stays(case, geography)
        self.climate: Climate = climate(case, geography)
        self.stores: Stores = stores(case, geography)
        self.bins = Bins(case, self.stays)
        containers, rows = len(farm.container_unit), self.stays.rows
        self.stay = np.full(containers, -1)
        self.fish = np.zeros(containers, np.int64)
        self.weight_cbrt = np.zeros(containers)
        self.appetite = np.ones(containers)
        self.dying = np.zeros(containers)
        self.dying_decay = np.zeros(containers)
        self.fasting_until = np.full(containers, -1)
        self.temp_offset_c = catalog.water.weather.container_sd_c * stream(
            plan.seed, farm.geography_code[geography], "containers"
        ).standard_normal(containers)
        self.days = ContainerDays.empty(rows)
        self.leaves_by = self.stays.until.copy()
        self.left = np.zeros(len(self.stays.batch), bool)
        self.lived = np.zeros(len(self.stays.batch), np.int64)
        self.fish_in, self.fish_out = np.zeros_like(self.lived), np.zeros_like(self.lived)
        self.weight_in_g, self.weight_out_g = np.zeros(len(self.lived)), np.zeros(len(self.lived))
        self.log = Log()
        self.befalling = hazards(case, geography)
        self.season = _season(case, geography)
        self.suffering = np.ones(len(self.stays.batch)) if case.way.mortality is None else self.stays.frailty
        self.per_kg, self.from_kg = _of_size(case)
        lived = case.way.sea_growth
        self.daylight = None if lived is None else lived.times(plan.days_of_year())
        hungry = case.way.sea_appetite
        self.hunger = None if hungry is None else Hunger(case, geography, self.stays, hungry)
        self.halls = None if case.way.halls is None else Shared(case, geography, case.way.halls)
        currents = case.way.currents
        self.breathing = None if currents is None else Breathing(case, geography, currents)

    def step(self, day: int) -> None:
        """Live one day, from the morning's deliveries of feed to the evening's orders."""
        self.stores.receive(day)
        active = np.flatnonzero(self.stay >= 0)
        if len(active):
            self._live(day, active)
        self.stores.order(day, self.bins.open(day), self.bins.days_needed)

    def _live(self, day: int, active: Ints) -> None:
        stay = self.stay[active]
        row = self.stays.row[stay] + day - self.stays.first_day[stay]
        unit = self.farm.container_unit[active]
        record = self.days
        alive = self.fish[active]
        record.fish[row], record.weight_g[row] = alive, self.weight_cbrt[active] ** 3
        record.temp_c[row] = temp_c = self.climate.temp_c[day, unit] + self.temp_offset_c[active]
        record.salinity_psu[row] = self.climate.salinity_psu[day, unit]
        alive = self._die(day, active, stay, row, unit, alive)
        load = alive * record.weight_g[row] / (1000.0 * self.farm.container_max_biomass_kg[active])
        oxygen_pct = self.climate.oxygen_pct[day, unit] - self.catalog.water.oxygen_load_pct * load
        if self.breathing is not None:
            oxygen_pct += self.breathing.oxygen_pct(day, active, unit)
        record.oxygen_pct[row] = np.maximum(oxygen_pct, 0.0)
        gain = self._eat(day, active, stay, row, unit, alive, temp_c)
        if self.halls is not None:
            taken_pct = self.halls.oxygen_pct[day] * np.bincount(unit, record.feed_g[row], len(self.farm.unit_name))
            in_hall = np.maximum(self.climate.oxygen_pct[day] - taken_pct, 0.0)
            record.oxygen_pct[row] = np.where(self.farm.unit_is_area[unit], record.oxygen_pct[row], in_hall[unit])
        self.fish[active] = alive
        self.weight_cbrt[active] += gain

    def _die(self, day: int, active: Ints, stay: Ints, row: Ints, unit: Ints, alive: Ints) -> Ints:
        s, draws = self.stays, self.stays.draws
        at_sea = s.stage[stay] == self.case.sea
        everyday = s.hazard[stay] * draws.hardship[row] * self.season[day, unit]
        if self.per_kg.any():
            stage = s.stage[stay]
            everyday *= np.exp(self.per_kg[stage] * (self.days.weight_g[row] / 1000.0 - self.from_kg[stage]))
        hazard_of = self.cause_shares[:, s.stage[stay]] * everyday
        handled = mortality.pulse_day_one(self.dying[active], self.dying_decay[active])
        hazard_of[HANDLING] += handled
        hazard_of[DISEASE] += self.stays.outbreak_on(day, stay) * at_sea
        for cause, hazard in self.befalling.items():
            hazard_of[cause] += hazard[day, unit] * self.suffering[stay]
        dead = mortality.deaths(alive, hazard_of.sum(axis=0), draws.deaths[row], draws.rounding[row])
        self.days.deaths[row] = dead
        self.days.cause[row] = mortality.picked_cause(hazard_of, draws.cause[row])
        self.dying[active] -= handled
        return alive - dead

    def _eat(self, day: int, active: Ints, stay: Ints, row: Ints, unit: Ints, alive: Ints, temp_c: Floats) -> Floats:
        """Feed out the day's rations; what the cube root of the weight gains."""
        s, growth = self.stays, self.catalog.biology.growth
        fasting = (self.fasting_until[active] >= day) | self.climate.storm[day, unit]
        steady = np.maximum(1.0 + growth.appetite_daily_sd * s.draws.appetite[row], 0.0)
        appetite = np.where(fasting, 0.0, self.appetite[active] * steady)
        if self.hunger is not None:
            appetite *= self.hunger.on(day, stay, unit)
        if self.halls is not None:
            appetite *= self.halls.fed[day, unit]
        if self.breathing is not None:
            appetite *= self.breathing.appetite(active, self.days.oxygen_pct[row], temp_c)
        self.appetite[active] += (1.0 - self.appetite[active]) * growth.appetite_recovery_per_day
        full_gain = cube_root_gain(temp_c, s.tgc[stay])
        if self.daylight is not None:
            full_gain *= np.where(s.stage[stay] == self.case.sea, self.daylight[day], 1.0)
        weight_cbrt = self.weight_cbrt[active]
        gain = np.minimum(full_gain * appetite, self._room(active, alive))
        weight_g = self.days.weight_g[row]
        days_left = self._days_left(day, stay, alive, weight_g, full_gain)
        size = weight_cbrt, weight_g
        bins, feed = self.bins.eaten_from(day, active, s.stage[stay], size, full_gain, days_left)
        fed = feed >= 0
        gain_kg = alive * ((weight_cbrt + gain) ** 3 - weight_g) / 1000.0
        wanted_g = feeding.ration_g(gain_kg, self._fcr(stay, weight_g))
        served, position = self.stores.feed_out(wanted_g[fed], bins[fed])
        self.days.appetite[row] = appetite
        self.days.feed[row] = feed
        self.days.feed_g[row[fed]], self.days.feed_position_g[row[fed]] = served, position
        short = np.flatnonzero(fed)[served < wanted_g[fed]]
        gain[short] *= self.days.feed_g[row[short]] / wanted_g[short]
        return gain

    def _fcr(self, stay: Ints, weight_g: Floats) -> Floats:
        """Feed that a gain takes [kg / kg]."""
        lived, fcr = self.case.way.conversion, self.stays.fcr[stay]
        return fcr if lived is None else fcr * lived.given(weight_g)

    def _days_left(self, day: int, stay: Ints, alive: Ints, weight_g: Floats, full_gain: Floats) -> Floats:
        """Until the fish leave: by plan, or as soon as their batch weighs what it is to be harvested at."""
        s = self.stays
        batch, fish = s.batch[stay], np.maximum(alive, 1)
        total = np.bincount(batch, fish)
        mean_cbrt = np.cbrt(np.bincount(batch, fish * weight_g) / np.maximum(total, 1))[batch]
        mean_gain = (np.bincount(batch, fish * full_gain) / np.maximum(total, 1))[batch]
        heavy_in = days_until(np.cbrt(s.leaving_g[stay]), mean_cbrt, mean_gain)
        heavy_in = np.maximum(heavy_in, s.leaving_from[stay] - day) + s.leaving_days[stay]
        left: Floats = np.minimum(self.leaves_by[stay] - day, heavy_in)
        return left

    def _room(self, active: Ints, alive: Ints) -> Floats:
        """What the cube root of the weight may still gain: feed is held back where the container is full."""
        most_g = FULL * 1000.0 * self.farm.container_max_biomass_kg[active] / np.maximum(alive, 1)
        room: Floats = np.maximum(np.cbrt(most_g) - self.weight_cbrt[active], 0.0)
        return room

    def temp_c(self, days: slice, containers: Ints) -> Floats:
        """The water of containers on days of the record [days, containers], none after its last."""
        water: Floats = self.climate.temp_c[days][:, self.farm.container_unit[containers]]
        return water + self.temp_offset_c[containers]

    def enter(self, stay: int, fish: int, weight_cbrt: float) -> None:
        container = self.stays.container[stay]
        self.stay[container], self.fish[container], self.weight_cbrt[container] = stay, fish, weight_cbrt
        self.appetite[container], self.dying[container], self.fasting_until[container] = 1.0, 0.0, -1
        self.fish_in[stay], self.weight_in_g[stay] = fish, weight_cbrt**3

    def leave(self, stay: int, day: int) -> tuple[int, float]:
        container = self.stays.container[stay]
        fish, weight_cbrt = int(self.fish[container]), float(self.weight_cbrt[container])
        self.stay[container] = -1
        self.left[stay], self.lived[stay] = True, day - self.stays.first_day[stay]
        self.fish_out[stay], self.weight_out_g[stay] = fish, weight_cbrt**3
        return fish, weight_cbrt

    def handle(self, stay: int, share: float, handling: Handling) -> None:
        """A share of the fish is going to die of an operation, most of them soon, and appetite is lost.

        What is left of an operation before goes on at the pace of this one.
        """
        container = self.stays.container[stay]
        self.dying[container] += share
        self.dying_decay[container] = handling.deaths_decay_per_day
        self.appetite[container] *= handling.appetite

    def history(self, days: int) -> History:
        """Close the books after so many days; stays still going on take today's fish and weight."""
        s = self.stays
        here = np.flatnonzero(self.stay >= 0)
        stay = self.stay[here]
        self.lived[stay] = days - s.first_day[stay]
        self.fish_out[stay], self.weight_out_g[stay] = self.fish[here], self.weight_cbrt[here] ** 3
        began = self.lived > 0
        kept = np.concatenate([np.arange(r, r + n) for r, n in zip(s.row[began], self.lived[began], strict=True)])
        rows = np.cumsum(self.lived[began]) - self.lived[began]
        number = np.cumsum(began) - 1
        assignments = Assignments(
            batch=s.batch[began],
            stage=s.stage[began],
            container=s.container[began],
            first_day=s.first_day[began],
            days=self.lived[began],
            row=rows,
            fish_in=self.fish_in[began],
            weight_in_g=self.weight_in_g[began],
            fish_out=self.fish_out[began],
            weight_out_g=self.weight_out_g[began],
            left=self.left[began],
        )
        log = self.log
        deliveries, harvests = table(Deliveries, log.deliveries), table(Harvests, log.harvests)
        vaccinations, treatments = table(Operations, log.vaccinations), table(Operations, log.treatments)
        moves, waiting = table(Moves, log.moves), table(Waiting, log.waiting)
        thinnings, mixings = table(Moves, log.thinnings), table(Moves, log.mixings)
        # On a later day other fish wait.
        log.waiting.clear()
        return History(
            self.geography,
            assignments,
            ContainerDays(*(values[kept] for values in vars(self.days).values())),
            replace(deliveries, assignment=number[deliveries.assignment]),
            replace(moves, source=number[moves.source], dest=number[moves.dest]),
            replace(thinnings, source=number[thinnings.source], dest=number[thinnings.dest]),
            replace(waiting, source=number[waiting.source]),
            replace(mixings, source=number[mixings.source], dest=number[mixings.dest]),
            replace(vaccinations, assignment=number[vaccinations.assignment]),
            replace(treatments, assignment=number[treatments.assignment]),
            replace(harvests, assignment=number[harvests.assignment]),
            self.stores.purchases(),
        )


def _cause_shares(catalog: Catalog) -> Floats:
    """The part that each cause has in the everyday deaths of a stage [causes, stages]."""
    keys = [stage.key for stage in catalog.biology.stages]
    shares = np.zeros((len(mortality.CAUSES), len(keys)))
    for hazard in catalog.mortality.stages:
        for cause, weight in hazard.causes.items():
            shares[mortality.CAUSES.index(cause), keys.index(hazard.stage)] = weight / sum(hazard.causes.values())
    return shares


def _season(case: Case, geography: int) -> Floats:
    """What everyday deaths are multiplied by [days, units]."""
    if case.way.mortality is not None:
        return hardship.everyday(case, geography, case.way.mortality)
    farm, spec = case.farm, case.catalog.mortality
    # The hard season at sea is opposite to the warm one.
    wave = year_wave(case.plan.days_of_year()[:, None], farm.unit_warmest_day[None, :])
    return np.where(farm.unit_is_area, spec.winter_factor**-wave, 1.0)


def _of_size(case: Case) -> tuple[Floats, Floats]:
    """What a kilogram adds to the logarithm of everyday deaths, and from which weight on [kg], by stage."""
    lived = case.way.mortality
    each = [None if lived is None else lived.hardship(key) for key in case.stages.key]
    return (
        np.array([0.0 if hard is None else hard.per_kg for hard in each]),
        np.array([0.0 if hard is None else hard.from_kg for hard in each]),
    )
