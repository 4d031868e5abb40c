"""What people do and when: eggs laid in, fish moved, vaccinated, deloused and harvested."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from datagen.arrays import Floats, Ints
from datagen.catalog.biology import Handling, LiceOperation
from datagen.planning.slaughter import Slaughter, Visit
from datagen.simulation.boats import delousings
from datagen.simulation.history import Delivery, Harvest, Move, Operation, Wait
from datagen.simulation.plants import Plants
from datagen.simulation.pouring import pour, sort_out, sorted_g
from datagen.simulation.thinning import thin
from datagen.simulation.world import World
from datagen.streams import stream

LEAST_LEFT = 0.02
"""Share of what a ring takes below which nobody leaves fish behind for another day; invented."""


class Agenda:
    """The appointments of a geography, each kept on the morning of its day.

    Later stages go first, so that a hall or ring is empty before the next batch moves in on the same day.
    """

    def __init__(self, world: World) -> None:
        self.world, self.plan, self.biology = world, world.plan, world.catalog.biology
        self.sea = world.case.sea
        self._due: dict[int, list[tuple[int, Callable[[int], None]]]] = defaultdict(list)
        self._fit_for_harvest: dict[int, int] = {}
        # By which day the rings of a batch at sea are empty.
        self._until: dict[int, int] = {}
        self._slaughter = {b: Slaughter(world.case, self.plan.batches[b]) for b, _ in world.stays.of}
        self._plants = Plants.of(world.case)
        self._under_way: list[_UnderWay] = []
        self._into = {batch.mixed.younger: b for b, batch in enumerate(self.plan.batches) if batch.mixed is not None}
        starts = self.plan.starts
        batches = sorted({b for b, _ in world.stays.of})
        self._called_for = delousings(world, batches)
        for b in batches:
            self._book_life(b, int(starts[b]))

    def morning(self, day: int) -> None:
        for b in self._perhaps_heavy(day, [b for b, fit in self._fit_for_harvest.items() if fit <= day]):
            self._consider_harvest(b, day)
        for _, act in sorted(self._due.pop(day, []), key=lambda appointment: -appointment[0]):
            act(day)

    def _book(self, day: int, urgency: int, act: Callable[[int], None]) -> None:
        if day < self.plan.days:
            self._due[day].append((urgency, act))

    def _book_life(self, b: int, start: int) -> None:
        stages = self.plan.stage_starts
        if self.plan.batches[b].mixed is None:
            self._book_land(b, start)
        sea = start + stages[self.sea]
        if sea < self.plan.days:
            # From the day after they came: on that morning the rings may hold others still.
            self._fit_for_harvest[b] = max(sea + 1, start + self.plan.batches[b].harvest_from_day)
            self._until[b] = int(self.world.stays.until[self.world.stays.of[b, self.sea]].max())
        self._book_thinning(b, sea)
        if self.world.case.way.delousing is None:
            for kind, treatment in enumerate(self.biology.lice_treatments):
                rng = stream(self.plan.seed, self.plan.batches[b].number, "delousing", kind)
                first = sea + treatment.sea_day + int(rng.integers(-treatment.jitter_days, treatment.jitter_days + 1))
                self._book_delousing(b, kind, first, treatment)
                self._withhold(b, treatment, first)
        for kind, (first, operation) in enumerate(self._called_for[b]):
            self._book(first, -1, partial(self._withhold, b, operation))
            self._book_delousing(b, kind, first, operation)

    def _book_thinning(self, b: int, sea: int) -> None:
        """Days after that on which the stage at sea begins, if there is one; the harvest waits for it."""
        late = self.world.case.late_days[b]
        if late:
            self._book(sea + late, self.sea, partial(thin, self.world, b))
        if late and b in self._fit_for_harvest:
            self._fit_for_harvest[b] = max(self._fit_for_harvest[b], sea + late + 1)

    def _book_land(self, b: int, start: int) -> None:
        stages = self.plan.stage_starts
        self._book(start, 0, partial(self._lay_in, b))
        for stage in range(1, self.sea + 1):
            early = int(self.world.case.early_days[b].max()) if stage == self.sea else 0
            self._book(start + stages[stage] - early, stage, partial(self._transfer, b, stage))
        for kind, vaccination in enumerate(self.biology.vaccinations):
            day = start + self.world.case.stages.day(vaccination.stage, vaccination.day_of_stage)
            self._book(day, -1, partial(self._vaccinate, b, kind))

    def _book_delousing(self, b: int, kind: int, first: int, spec: LiceOperation) -> None:
        for place in range(len(self.plan.batches[b].containers[-1])):
            day = first + place // spec.rings_per_day
            self._book(day - spec.fasting_days, -1, partial(self._fast_for_lice, b, place, spec.fasting_days))
            self._book(day, -1, partial(self._delouse, b, place, kind, spec))

    def _withhold(self, b: int, spec: LiceOperation, first: int) -> None:
        """The harvest waits until a delousing is over in the last ring, which is deloused all the same, and clear."""
        if b in self._fit_for_harvest:
            last = spec.last_day(first, len(self.plan.batches[b].containers[-1]))
            clear = last + max(spec.withholding_days, 1)
            self._fit_for_harvest[b] = max(self._fit_for_harvest[b], clear)

    def _lay_in(self, b: int, day: int) -> None:
        """Eyed eggs in equal parts, a few dead on arrival."""
        batch, stays, spec = self.plan.batches[b], self.world.stays.of[b, 0], self.biology.eggs
        rng = stream(self.plan.seed, batch.number, "eggs")
        weight_cbrt = float(np.cbrt(spec.weight_g * (1.0 + spec.weight_batch_sd * rng.standard_normal())))
        parts = np.diff(np.arange(len(stays) + 1) * batch.eggs // len(stays))
        # Crates differ by more than half (invented).
        dead = (parts * spec.dead_on_arrival * rng.uniform(0.4, 1.6, len(stays)) + rng.random(len(stays))).astype(int)
        dead = np.minimum(dead, parts)
        for stay, eggs, lost in zip(stays, parts, dead, strict=True):
            self.world.enter(stay, int(eggs - lost), weight_cbrt)
            self.world.log.deliveries.append(Delivery(stay, eggs, lost))

    def _transfer(self, b: int, stage: int, day: int) -> None:
        """All fish of a batch into the containers of its next stage, each on its day; split where one is full."""
        world, stays = self.world, self.world.stays.of
        spec = next(t for t in self.biology.transfers if t.into == world.case.stages.key[stage])
        rng = stream(self.plan.seed, self.plan.batches[b].number, spec.into, "transfer")
        fish = world.fish[world.stays.container[stays[b, stage - 1]]]
        # Lifts differ by half (invented).
        died = (fish * spec.lost_share * rng.uniform(0.5, 1.5, len(fish)) + rng.random(len(fish))).astype(np.int64)
        # The dead are recorded with a move, so of fish that leave at least one arrives.
        died = np.minimum(died, np.maximum(fish - 1, 0))
        _, dests = self._ends(b, stage)
        days, part = np.unique(world.stays.first_day[dests]).tolist(), self._part_for_others(b, stage)
        graded = stage == world.case.graded[b]
        least, into = LEAST_LEFT if len(days) > 1 else 0.0, len(dests) - (part > 0)
        shares = world.case.stocked[b] if stage == self.sea else None
        moved = sort_out(fish - died, into) if graded else pour(fish - died, into, least, part, shares)
        share = spec.deaths_share * np.exp(spec.deaths_spread * rng.standard_normal())
        under_way = _UnderWay(b, stage, spec, float(share), moved, died, graded)
        self._under_way.append(under_way)
        self._lift(under_way, day)
        for later in days[1:]:
            self._book(later, stage, partial(self._lift, under_way))

    def _lift(self, transfer: "_UnderWay", day: int) -> None:
        """The lifts of a day; the first out of a source finds all its dead, and the last takes all that are left."""
        world, (sources, dests) = self.world, self._ends(transfer.batch, transfer.stage)
        container, today = world.stays.container[sources], world.stays.first_day[dests] == day
        now, weight_g = world.fish[container], np.array([float(r) ** 3 for r in world.weight_cbrt[container]])
        now[world.stay[container] != sources] = 0
        moved, each_g = np.zeros_like(transfer.to_do), self._weights_g(transfer, weight_g)
        for i, j in zip(*np.nonzero(transfer.to_do * today), strict=True):
            dead = min(transfer.died[i], max(now[i] - 1, 0))
            moved[i, j] = transfer.taken(i, j, now[i] - dead)
            into_mix = world.stays.batch[dests[j]] != transfer.batch
            (world.log.mixings if into_mix else world.log.moves).append(
                Move(transfer.batch, transfer.stage, day, sources[i], dests[j], now[i], moved[i, j], dead, each_g[i, j])
            )
            now[i] -= moved[i, j] + dead
            transfer.to_do[i, j] = transfer.died[i] = 0
        here = world.stay[container] == sources
        over = ~transfer.to_do.any(axis=1)
        for stay in sources[here & over]:
            world.leave(stay, day)
        world.fish[container[here & ~over]] = now[here & ~over]
        self._settle(dests, day, moved, each_g, transfer)

    def _weights_g(self, transfer: "_UnderWay", weight_g: Floats) -> Floats:
        """Mean weight of the fish of each lift [sources, destinations], where a source's weigh so much."""
        if not transfer.graded:
            return np.repeat(weight_g[:, None], transfer.to_do.shape[1], axis=1)
        return sorted_g(transfer.to_do, weight_g, float(self.world.case.stages.weight_cv[transfer.stage - 1]))

    def _settle(self, dests: Ints, day: int, moved: Ints, each_g: Floats, transfer: "_UnderWay") -> None:
        """Fish in their new containers, at the mean weight of those that came together, and strained by the lift."""
        for j in np.flatnonzero(self.world.stays.first_day[dests] == day):
            arrived = int(moved[:, j].sum())
            mean_g = float(moved[:, j] @ each_g[:, j] / arrived) if arrived else 0.0
            there, there_g = self._taken_over(dests[j], day)
            if there:
                mean_g = (arrived * mean_g + there * there_g) / (arrived + there)
            self.world.enter(dests[j], arrived + there, float(np.cbrt(mean_g)))
            self.world.handle(dests[j], transfer.share * arrived / max(arrived + there, 1), transfer.spec)

    def _part_for_others(self, b: int, stage: int) -> float:
        """What part of a ring's fish of a batch goes to sea with others."""
        mix = self.plan.batches[self._into[b]].mixed if stage == self.sea and b in self._into else None
        return 0.0 if mix is None else mix.part

    def _taken_over(self, dest: int, day: int) -> tuple[int, float]:
        """The fish of another batch that are in the ring of a mix already, and their weight: they are its own now."""
        stays, mix = self.world.stays, self.plan.batches[self.world.stays.batch[dest]].mixed
        resident = int(self.world.stay[stays.container[dest]])
        if mix is None or resident < 0:
            return 0, 0.0
        of = int(stays.batch[resident]), int(stays.stage[resident])
        stays.of[of] = stays.of[of][stays.of[of] != resident]
        fish, weight_cbrt = self.world.leave(resident, day)
        if fish:
            move = Move(of[0], self.sea, day, resident, dest, fish, fish, 0, weight_cbrt**3)
            self.world.log.mixings.append(move)
        return fish, weight_cbrt**3

    def close(self) -> None:
        """Tell of transfers that are under way what is still to be done, as the fish stand."""
        world = self.world
        for transfer in self._under_way:
            if not transfer.to_do.any():
                continue
            sources, dests = self._ends(transfer.batch, transfer.stage)
            container = world.stays.container[sources]
            now, weight_g = world.fish[container], world.weight_cbrt[container] ** 3
            day = world.stays.first_day[dests]
            own = world.stays.batch[dests] == transfer.batch
            waiting = zip(*np.nonzero(transfer.to_do * own), strict=True)
            for i, j in sorted(waiting, key=lambda lift: (day[lift[1]], *lift)):
                fish = transfer.taken(i, j, now[i])
                place = world.stays.container[dests[j]]
                world.log.waiting.append(
                    Wait(transfer.batch, transfer.stage, day[j], sources[i], place, now[i], fish, weight_g[i])
                )
                now[i] -= fish

    def _ends(self, b: int, stage: int) -> tuple[Ints, Ints]:
        """The stays that a transfer is out of, and those that it is into: not one that gets its fish later.

        The last may be of a mix with others.
        """
        of, late = self.world.stays.of, stage == self.sea and self.world.case.late_days[b] > 0
        dests = of[b, stage][: -1 if late else None]
        if self._part_for_others(b, stage):
            dests = np.append(dests, of[self._into[b], self.sea])
        return of[b, stage - 1], dests

    def _vaccinate(self, b: int, kind: int, day: int) -> None:
        spec = self.biology.vaccinations[kind]
        rng = stream(self.plan.seed, self.plan.batches[b].number, "vaccination", kind)
        for stay in self._present(b):
            self.world.log.vaccinations.append(self._operate(stay, kind, day, spec, rng.standard_normal()))

    def _fast(self, b: int, place: int, days: int, day: int) -> None:
        rings = self.world.stays.of[b, self.sea]
        if place < len(rings):
            self.world.fasting_until[self.world.stays.container[rings[place]]] = day + days - 1

    def _fast_for_lice(self, b: int, place: int, days: int, day: int) -> None:
        if b in self._fit_for_harvest:
            self._fast(b, place, days, day)

    def _delouse(self, b: int, place: int, kind: int, spec: LiceOperation, day: int) -> None:
        """Unless the harvest was decided on before, or the ring, a batch's last, was given to a mix."""
        rings = self.world.stays.of[b, self.sea]
        if b not in self._fit_for_harvest or place >= len(rings):
            return
        rng = stream(self.plan.seed, self.plan.batches[b].number, "delousing", kind, place)
        stay = rings[place]
        if self.world.stay[self.world.stays.container[stay]] != stay:
            return  # a ring that stands empty
        self.world.log.treatments.append(self._operate(stay, kind, day, spec, rng.standard_normal()))

    def _operate(self, stay: int, kind: int, day: int, spec: Handling, luck: float) -> Operation:
        share = min(spec.deaths_share * float(np.exp(spec.deaths_spread * luck)), 0.2)
        self.world.handle(stay, share, spec)
        return Operation(stay, day, kind, share)

    def _present(self, b: int) -> Ints:
        world = self.world
        stays = np.concatenate([stays for (batch, _), stays in world.stays.of.items() if batch == b])
        present: Ints = stays[world.stay[world.stays.container[stays]] == stays]
        return present

    def _perhaps_heavy(self, day: int, batches: list[int]) -> list[int]:
        """Those of some batches of which it is to be considered whether slaughter begins, by a look at all of them."""
        if not batches:
            return []
        here, count = self.world.here(), len(self.plan.batches) + 1
        fish = self.world.fish[here.container]
        ring_kg = fish * self.world.weight_cbrt[here.container] ** 3 / 1000.0
        heaviest_kg, rings = np.zeros(count), np.bincount(here.sold_with, minlength=count)
        np.maximum.at(heaviest_kg, here.sold_with, ring_kg)
        number = np.maximum(np.bincount(here.sold_with, fish, count), 1)
        # Added up in another order than when it is considered.
        mean_g = (1.0 + 1e-9) * 1000.0 * np.bincount(here.sold_with, ring_kg, count) / number
        first = day + 1 + self.biology.harvest.fasting_days
        return [
            b
            for b in batches
            if not self._slaughter[b].far_off(rings[b], heaviest_kg[b], mean_g[b], self._until[b] - first)
        ]

    def _consider_harvest(self, b: int, day: int) -> None:
        """Slaughter begins when the mean fish has its target weight, in time to be over by the planned last day.

        Where it takes weeks, so long before that the mean of all that are harvested has it.
        """
        world, fasting = self.world, self.biology.harvest.fasting_days
        stays = world.stays.of[b, self.sea]
        stays = stays[world.stay[world.stays.container[stays]] == stays]
        container = world.stays.container[stays]
        fish, weight_g = world.fish[container], world.weight_cbrt[container] ** 3
        first, slaughter, last = day + 1 + fasting, self._slaughter[b], self._until[b]
        ring_kg = (fish * weight_g / 1000.0).tolist()
        offered = None if self._plants is None else partial(self._plants.after, first)
        if not slaughter.begins(_mean_g(fish, weight_g), ring_kg, last - first, offered):
            return
        del self._fit_for_harvest[b]
        for visit in slaughter.visits(ring_kg, last - first, offered):
            on = first + visit.day
            if self._plants is not None:
                self._plants.taken[on] += 1
            world.leaves_by[stays[visit.place]] = on
            self._book(on - fasting, -1, partial(self._fast, b, visit.place, fasting))
            self._book(on, self.sea + 1, partial(self._harvest, stays[visit.place], visit))

    def _harvest(self, stay: int, visit: Visit, day: int) -> None:
        """All fish of a ring, or a part, as the boat holds no more: the others swim, and are fed, on."""
        world, container = self.world, self.world.stays.container[stay]
        if visit.left == 1:
            fish, weight_cbrt = world.leave(stay, day)
            world.log.harvests.append(Harvest(stay, day, fish, weight_cbrt**3))
            return
        fish = int(world.fish[container])
        part = min(round(fish / visit.left * visit.luck), fish - 1)
        if part > 0:
            world.fish[container] -= part
            world.log.harvests.append(Harvest(stay, day, part, float(world.weight_cbrt[container]) ** 3))


def _mean_g(fish: Ints, weight_g: Floats) -> float:
    return float(fish @ weight_g / max(int(fish.sum()), 1))


@dataclass
class _UnderWay:
    """A transfer that has begun: fish still to be moved [sources, destinations], and who will die of it, by source."""

    batch: int
    stage: int
    spec: Handling
    share: float
    to_do: Ints
    died: Ints
    graded: bool

    def taken(self, source: int, dest: int, there: int) -> int:
        """Of the fish that are there in a source: those planned, or all if no other lift is to come."""
        last = not self.to_do[source, dest + 1 :].any()
        return int(there if last else min(self.to_do[source, dest], there))
