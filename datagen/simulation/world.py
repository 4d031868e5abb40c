"""The state of a geography and how one day changes it: all containers at once, whole fish, whole grains of feed."""

from dataclasses import dataclass, replace

import numpy as np

from datagen.arrays import Floats, Ints
from datagen.biology import feeding, mortality
from datagen.case import Case
from datagen.catalog import Catalog
from datagen.catalog.biology import Handling
from datagen.simulation.bins import Bins, Eating, Sale
from datagen.simulation.climate import Climate, climate
from datagen.simulation.currents import Breathing
from datagen.simulation.feed_stock import Stores, stores
from datagen.simulation.foreseen import Foresight
from datagen.simulation.halls import Shared
from datagen.simulation.history import (
    FULL,
    Assignments,
    Deliveries,
    Harvests,
    History,
    Log,
    Moves,
    Operations,
    Waiting,
    table,
)
from datagen.simulation.kept import Kept
from datagen.simulation.lived import Days, Lived
from datagen.simulation.stays import stays
from datagen.streams import stream

HANDLING = mortality.CAUSES.index("HANDLING")
NEARLY_FULL = 0.999 * FULL * 1000.0
"""Grams of fish a kilogram of room from which it is looked whether a container is full."""


@dataclass(frozen=True)
class Present:
    """The containers that have fish, and what is the same of each until fish come or go."""

    container: Ints
    stay: Ints
    batch: Ints
    sold_with: Ints
    eating: Eating
    cause_shares: Floats
    per_kg: Floats
    from_kg: Floats
    fcr: Floats
    most_kg: Floats
    lowest_pct: Floats | None


class World:
    """The state of a geography; indices are those of the farm's containers, of `stays` and of the plan's batches."""

    def __init__(self, case: Case, geography: int) -> None:
        catalog, farm, plan = case.catalog, case.farm, case.plan
        self.case, self.catalog, self.farm, self.plan, self.geography = case, catalog, farm, plan, geography
        self.cause_shares = _cause_shares(catalog)
        self.stays, parts = stays(case, geography)
        self.climate: Climate = climate(case, geography)
        self._column = farm.unit_column[farm.container_unit]
        self.stores: Stores = stores(case, geography)
        self.bins = Bins(case, self.stays)
        containers = len(farm.container_unit)
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
        self.leaves_by = self.stays.until.copy()
        self.left = np.zeros(len(self.stays.batch), bool)
        self.lived = np.zeros(len(self.stays.batch), np.int64)
        self.fish_in, self.fish_out = np.zeros_like(self.lived), np.zeros_like(self.lived)
        self.weight_in_g, self.weight_out_g = np.zeros(len(self.lived)), np.zeros(len(self.lived))
        self.log = Log()
        self.per_kg, self.from_kg = _of_size(case)
        self._by_size = bool(self.per_kg.any())
        self.halls = None if case.way.halls is None else Shared(case, geography, case.way.halls)
        currents = case.way.currents
        self.breathing = None if currents is None else Breathing(case, geography, currents)
        water = self.climate, self.temp_offset_c, self.halls, self.breathing
        self.foresight = Foresight(case, geography, (self.stays, parts), *water)
        self.foreseen = self.foresight.next(0, self.left)
        self.days = Days(self.foresight.days * farm.containers_of(geography))
        self.kept = Kept(self.stays.rows)
        # What has left each bin, of what was lived and is kept.
        self.eaten_g = np.zeros(self.bins.nowhere + 1, np.int64)
        self.sale = Sale.of(self.stays, len(plan.batches), case.sea)
        self._present: Present | None = None

    def step(self, day: int) -> None:
        """Live one day, from the morning's deliveries of feed to the evening's orders."""
        self.stores.receive(day)
        if day == self.foreseen.end:
            self._keep()
            self.foreseen = self.foresight.next(day, self.left)
        here = self.here()
        if len(here.container):
            self._live(day, here)
        self.stores.order(day, self.bins.open(day), self.bins.days_needed)

    def here(self) -> Present:
        """Who is where this morning."""
        self._present = self._present or self._who_is_where()
        return self._present

    def _who_is_where(self) -> Present:
        s, container = self.stays, np.flatnonzero(self.stay >= 0)
        stay = self.stay.take(container)
        batch, stage = s.batch.take(stay), s.stage.take(stay)
        return Present(
            container,
            stay,
            batch=batch,
            # On land nobody leaves because of a weight.
            sold_with=np.where(stage == self.case.sea, batch, len(self.plan.batches)),
            eating=self.bins.eating(container, stage),
            cause_shares=self.cause_shares.take(stage, axis=1),
            per_kg=self.per_kg.take(stage),
            from_kg=self.from_kg.take(stage),
            fcr=s.fcr.take(stay),
            most_kg=self.farm.container_max_biomass_kg.take(container),
            lowest_pct=None if self.breathing is None else self.breathing.lowest_pct[container],
        )

    def _live(self, day: int, here: Present) -> None:
        alive, weight_cbrt = self.fish.take(here.container), self.weight_cbrt.take(here.container)
        at, weight_g = self.foreseen.place(day, here.stay), weight_cbrt**3
        write = self.days.next_day(len(at))
        write.place[:], write.fish[:], write.weight_g[:] = at, alive, weight_g
        alive = self._die(here, at, alive, weight_g, write)
        self._breathe(here, at, alive * weight_g, write)
        gain = self._eat(day, here, at, alive, (weight_cbrt, weight_g), write)
        self.fish[here.container] = alive
        self.weight_cbrt[here.container] = weight_cbrt + gain

    def _die(self, here: Present, at: Ints, alive: Ints, weight_g: Floats, write: Lived) -> Ints:
        known = self.foreseen
        everyday = known.everyday.take(at)
        if self._by_size:
            everyday *= np.exp(here.per_kg * (weight_g / 1000.0 - here.from_kg))
        hazard_of = here.cause_shares * everyday
        dying = self.dying.take(here.container)
        handled = mortality.pulse_day_one(dying, self.dying_decay.take(here.container))
        self.dying[here.container] = dying - handled
        hazard_of[HANDLING] += handled
        for cause, hazard in known.befalling:
            hazard_of[cause] += hazard.take(at)
        ladder = mortality.add_up(hazard_of)
        dead = mortality.deaths(alive, ladder[-1], known.deaths.take(at), known.rounding.take(at))
        write.deaths[:] = dead
        write.cause[:] = mortality.picked_cause(ladder, known.cause.take(at))
        return alive - dead

    def _breathe(self, here: Present, at: Ints, alive_g: Floats, write: Lived) -> None:
        """Oxygen where each container has its own water."""
        load = alive_g / (1000.0 * here.most_kg)
        oxygen_pct = self.foreseen.oxygen_pct.take(at) - self.catalog.water.oxygen_load_pct * load
        if self.foreseen.more_oxygen_pct is not None:
            oxygen_pct += self.foreseen.more_oxygen_pct.take(at)
        np.maximum(oxygen_pct, 0.0, out=write.oxygen_pct)

    def _eat(self, day: int, here: Present, at: Ints, alive: Ints, size: tuple[Floats, Floats], write: Lived) -> Floats:
        """Feed out the day's rations; what the cube root of the weight gains."""
        weight_cbrt, weight_g = size
        full_gain = self.foreseen.full_gain.take(at)
        gain = full_gain * self._appetite(day, here, at, write)
        grown_g = (weight_cbrt + gain) ** 3
        full = (alive * grown_g > NEARLY_FULL * here.most_kg).nonzero()[0]
        if len(full):
            gain[full] = np.minimum(gain[full], _room(here.most_kg[full], alive[full], weight_cbrt[full]))
            grown_g[full] = (weight_cbrt[full] + gain[full]) ** 3
        days_left = self._days_left(day, here, alive, weight_g, full_gain)
        bins, fed = self.bins.eaten_from(day, here.eating, size, full_gain, days_left)
        wanted_g = feeding.ration_g(alive * (grown_g - weight_g) / 1000.0, self._fcr(here.fcr, weight_g)) * fed
        served_g = self.stores.feed_out(wanted_g, bins)
        write.bin[:], write.feed_g[:] = bins, served_g
        if served_g is not wanted_g:
            short = np.flatnonzero(served_g < wanted_g)
            gain[short] *= served_g[short] / wanted_g[short]
        return gain

    def _appetite(self, day: int, here: Present, at: Ints, write: Lived) -> Floats:
        """What part of their fill fish eat; whom something has taken it from has it back by and by."""
        own, (steady, hungry) = self.appetite.take(here.container), self.foreseen.appetite
        self.appetite[here.container] = own + (1.0 - own) * self.catalog.biology.growth.appetite_recovery_per_day
        appetite = np.multiply(own, steady.take(at), out=write.appetite)
        appetite *= self.fasting_until.take(here.container) < day
        appetite *= hungry.take(at)
        if self.breathing is not None and self.foreseen.enough_pct is not None and here.lowest_pct is not None:
            short = (write.oxygen_pct + here.lowest_pct < self.foreseen.enough_pct.take(at)).nonzero()[0]
            if len(short):
                where = here.container[short]
                temp_c = self.climate.temp_c[day, self._column[where]] + self.temp_offset_c[where]
                appetite[short] *= self.breathing.appetite(where, write.oxygen_pct[short], temp_c)
        return appetite

    def _fcr(self, fcr: Floats, weight_g: Floats) -> Floats:
        """Feed that a gain takes [kg / kg]."""
        lived = self.case.way.conversion
        return fcr if lived is None else fcr * lived.given(weight_g)

    def _days_left(self, day: int, here: Present, alive: Ints, weight_g: Floats, full_gain: Floats) -> Floats:
        """Until the fish leave: by plan, or as soon as their batch weighs what it is to be harvested at."""
        fish, batches = np.maximum(alive, 1), len(self.sale.days)
        total = np.maximum(np.bincount(here.batch, fish, batches), 1)
        mean_cbrt = np.cbrt(np.bincount(here.batch, fish * weight_g, batches) / total)
        heavy_in = self.sale.heavy_in(day, mean_cbrt, np.bincount(here.batch, fish * full_gain, batches) / total)
        return np.minimum(self.leaves_by.take(here.stay) - day, heavy_in.take(here.sold_with))

    def temp_c(self, days: slice, containers: Ints) -> Floats:
        """The water of containers on days of the record [days, containers], none after its last."""
        water: Floats = self.climate.temp_c[days][:, self._column[containers]]
        return water + self.temp_offset_c[containers]

    def enter(self, stay: int, fish: int, weight_cbrt: float) -> None:
        container = self.stays.container[stay]
        self._present = None
        self.stay[container], self.fish[container], self.weight_cbrt[container] = stay, fish, weight_cbrt
        self.appetite[container], self.dying[container], self.fasting_until[container] = 1.0, 0.0, -1
        self.fish_in[stay], self.weight_in_g[stay] = fish, weight_cbrt**3

    def leave(self, stay: int, day: int) -> tuple[int, float]:
        container = self.stays.container[stay]
        fish, weight_cbrt = int(self.fish[container]), float(self.weight_cbrt[container])
        self.stay[container], self._present = -1, None
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
        self._keep()
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
            self.kept.closed(s.row[began], self.lived[began], last=days == self.plan.days),
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

    def _keep(self) -> None:
        """Keep by stay what was lived since it was last done, in place of what was foreseen of it."""
        lived, known, farm, s = self.days.take(), self.foreseen, self.farm, self.stays
        day, column = np.divmod(lived.place, max(len(known.stay), 1))
        stay, moment = known.stay[column], known.moment[lived.place]
        # Of small numbers, sorting is counting.
        bins = lived.bin.astype(np.min_scalar_type(self.bins.nowhere))
        position_g = feeding.queue_position_g(lived.feed_g, bins, self.eaten_g)
        np.add.at(self.eaten_g, lived.bin, lived.feed_g)
        fed, oxygen_pct = lived.bin < self.bins.nowhere, lived.oxygen_pct
        if self.halls is not None:
            on_land = ~farm.unit_is_area[farm.container_unit[s.container[stay]]]
            oxygen_pct = np.where(on_land, self._in_halls(moment, lived.feed_g), oxygen_pct)
        self.kept.put(
            s.row[stay] + known.begin + day - s.first_day[stay],
            fish=lived.fish,
            deaths=lived.deaths,
            cause=lived.cause,
            weight_g=lived.weight_g,
            temp_c=known.temp_c[lived.place],
            salinity_psu=self.climate.salinity_psu.take(moment),
            oxygen_pct=oxygen_pct,
            appetite=lived.appetite,
            feed_g=lived.feed_g,
            feed=np.where(fed, lived.bin % self.stores.feeds, -1),
            feed_position_g=np.where(fed, position_g, 0),
        )

    def _in_halls(self, moment: Ints, feed_g: Ints) -> Floats:
        """Oxygen at moments [days, units] of the days that are foreseen, where so much is fed at each."""
        days = slice(self.foreseen.begin, self.foreseen.end)
        pct, first = self.climate.oxygen_pct[days], days.start * self.farm.units_of(self.geography)
        used_g = np.bincount(moment - first, feed_g, pct.size).reshape(pct.shape)
        assert self.halls is not None
        left: Floats = np.maximum(pct - self.halls.oxygen_pct[days] * used_g, 0.0)
        return left.take(moment - first)


def _cause_shares(catalog: Catalog) -> Floats:
    """The part that each cause has in the everyday deaths of a stage [causes, stages]."""
    keys = [stage.key for stage in catalog.biology.stages]
    shares = np.zeros((len(mortality.CAUSES), len(keys)))
    for hazard in catalog.mortality.stages:
        for cause, weight in hazard.causes.items():
            shares[mortality.CAUSES.index(cause), keys.index(hazard.stage)] = weight / sum(hazard.causes.values())
    return shares


def _room(most_kg: Floats, alive: Ints, weight_cbrt: Floats) -> Floats:
    """What the cube root of the weight may still gain: feed is held back where the container is full."""
    most_g = FULL * 1000.0 * most_kg / np.maximum(alive, 1)
    room: Floats = np.maximum(np.cbrt(most_g) - weight_cbrt, 0.0)
    return room


def _of_size(case: Case) -> tuple[Floats, Floats]:
    """What a kilogram adds to the logarithm of everyday deaths, and from which weight on [kg], by stage."""
    lived = case.way.mortality
    each = [None if lived is None else lived.hardship(key) for key in case.stages.key]
    return (
        np.array([0.0 if hard is None else hard.per_kg for hard in each]),
        np.array([0.0 if hard is None else hard.from_kg for hard in each]),
    )
