"""What people do and when: eggs laid in, fish moved, vaccinated, deloused and harvested."""

from collections import defaultdict
from collections.abc import Callable
from functools import partial

import numpy as np

from datagen.arrays import Floats, Ints
from datagen.catalog.biology import Handling
from datagen.planning.forecast import harvest_days
from datagen.simulation.history import Delivery, Harvest, Move, Operation
from datagen.simulation.world import World
from datagen.streams import stream


class Agenda:
    """The appointments of a geography, each kept on the morning of its day.

    Later stages go first, so that a hall or ring is empty before the next batch moves in on the same day.
    """

    def __init__(self, world: World) -> None:
        self.world, self.plan, self.biology = world, world.plan, world.catalog.biology
        self.sea = world.case.sea
        self._due: dict[int, list[tuple[int, Callable[[int], None]]]] = defaultdict(list)
        self._fit_for_harvest: dict[int, int] = {}
        starts = self.plan.starts()
        for b in sorted({b for b, _ in world.stays.of}):
            self._book_life(b, int(starts[b]))

    def morning(self, day: int) -> None:
        for b in [b for b, fit in self._fit_for_harvest.items() if fit <= day]:
            self._consider_harvest(b, day)
        for _, act in sorted(self._due.pop(day, []), key=lambda appointment: -appointment[0]):
            act(day)

    def _book(self, day: int, urgency: int, act: Callable[[int], None]) -> None:
        if day < self.plan.days:
            self._due[day].append((urgency, act))

    def _book_life(self, b: int, start: int) -> None:
        stages = self.plan.stage_starts
        self._book(start, 0, partial(self._lay_in, b))
        for stage in range(1, self.sea + 1):
            self._book(start + stages[stage], stage, partial(self._transfer, b, stage))
        for kind, vaccination in enumerate(self.biology.vaccinations):
            day = start + self.world.case.stages.day(vaccination.stage, vaccination.day_of_stage)
            self._book(day, -1, partial(self._vaccinate, b, kind))
        sea = start + stages[self.sea]
        fit = sea
        for kind, treatment in enumerate(self.biology.lice_treatments):
            rng = stream(self.plan.seed, self.plan.batches[b].number, "delousing", kind)
            first = sea + treatment.sea_day + int(rng.integers(-treatment.jitter_days, treatment.jitter_days + 1))
            for place in range(len(self.plan.batches[b].containers[-1])):
                day = first + place // treatment.rings_per_day
                self._book(day - treatment.fasting_days, -1, partial(self._fast, b, place, treatment.fasting_days))
                self._book(day, -1, partial(self._delouse, b, place, kind))
                fit = max(fit, day + treatment.withholding_days)
        if sea < self.plan.days:
            self._fit_for_harvest[b] = max(fit, start + self.plan.batches[b].harvest_from_day)

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
        """All fish of a batch into the containers of its next stage: poured in order, split where one is full."""
        world, stays = self.world, self.world.stays.of
        spec = next(t for t in self.biology.transfers if t.into == world.case.stages.key[stage])
        rng = stream(self.plan.seed, self.plan.batches[b].number, spec.into, "transfer")
        out = [world.leave(stay, day) for stay in stays[b, stage - 1]]
        fish, weight_g = np.array([f for f, _ in out]), np.array([r**3 for _, r in out])
        # Lifts differ by half (invented).
        died = (fish * spec.lost_share * rng.uniform(0.5, 1.5, len(fish)) + rng.random(len(fish))).astype(np.int64)
        # The dead are recorded with a move, so of fish that leave at least one arrives.
        died = np.minimum(died, np.maximum(fish - 1, 0))
        moved = pour(fish - died, len(stays[b, stage]))
        self._log_moves(b, stage, day, fish, died, moved, weight_g)
        share = spec.deaths_share * np.exp(spec.deaths_spread * rng.standard_normal())
        self._settle(stays[b, stage], moved, weight_g, share, spec)

    def _log_moves(self, b: int, stage: int, day: int, fish: Ints, died: Ints, moved: Ints, weight_g: Floats) -> None:
        """A move a lift; the first lift out of a source finds all its dead."""
        sources, dests = self.world.stays.of[b, stage - 1], self.world.stays.of[b, stage]
        before, lost = fish.copy(), died.copy()
        for i, j in zip(*np.nonzero(moved), strict=True):
            dead, lost[i] = lost[i], 0
            self.world.log.moves.append(
                Move(b, stage, day, sources[i], dests[j], before[i], moved[i, j], dead, weight_g[i])
            )
            before[i] -= moved[i, j] + dead

    def _settle(self, dests: Ints, moved: Ints, weight_g: Floats, share: float, spec: Handling) -> None:
        """Fish in their new containers, at the mean weight of those that came together, and strained by the lift."""
        for j, stay in enumerate(dests):
            arrived = int(moved[:, j].sum())
            mean_g = float(moved[:, j] @ weight_g / arrived) if arrived else 0.0
            self.world.enter(stay, arrived, float(np.cbrt(mean_g)))
            self.world.handle(stay, share, spec)

    def _vaccinate(self, b: int, kind: int, day: int) -> None:
        spec = self.biology.vaccinations[kind]
        rng = stream(self.plan.seed, self.plan.batches[b].number, "vaccination", kind)
        for stay in self._present(b):
            self.world.log.vaccinations.append(self._operate(stay, kind, day, spec, rng.standard_normal()))

    def _fast(self, b: int, place: int, days: int, day: int) -> None:
        self.world.fasting_until[self.world.stays.container[self.world.stays.of[b, self.sea][place]]] = day + days - 1

    def _delouse(self, b: int, place: int, kind: int, day: int) -> None:
        spec = self.biology.lice_treatments[kind]
        rng = stream(self.plan.seed, self.plan.batches[b].number, "delousing", kind, place)
        stay = self.world.stays.of[b, self.sea][place]
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

    def _consider_harvest(self, b: int, day: int) -> None:
        """Slaughter begins when the mean fish has its target weight, in time to be over by the planned last day."""
        world, spec = self.world, self.biology.harvest
        stays = world.stays.of[b, self.sea]
        container = world.stays.container[stays]
        sea = int(world.stays.first_day[stays[0]])
        latest = sea + self.plan.stage_days(self.sea) - harvest_days(spec, len(stays))
        if (
            _mean_g(world.fish[container], world.weight_cbrt[container]) < self.plan.batches[b].harvest_target_g
            and day < latest
        ):
            return
        del self._fit_for_harvest[b]
        for place in range(len(stays)):
            on = day + 1 + spec.fasting_days + place // spec.rings_per_day
            self._book(on - spec.fasting_days, -1, partial(self._fast, b, place, spec.fasting_days))
            self._book(on, self.sea + 1, partial(self._harvest, stays[place]))

    def _harvest(self, stay: int, day: int) -> None:
        fish, weight_cbrt = self.world.leave(stay, day)
        self.world.log.harvests.append(Harvest(stay, day, fish, weight_cbrt**3))


def _mean_g(fish: Ints, weight_cbrt: Floats) -> float:
    return float(fish @ weight_cbrt**3 / max(int(fish.sum()), 1))


def pour(fish: Ints, into: int) -> Ints:
    """Whole fish from each source to each destination [sources, destinations]; one to one where their numbers agree.

    Otherwise sources are poured out in order and destinations filled evenly in order, so that fish are conserved
    and there are at most sources + destinations - 1 moves.
    """
    if len(fish) == into:
        return np.diag(fish)
    ends = np.concatenate(([0], np.cumsum(fish)))
    filled = np.arange(into + 1) * int(ends[-1]) // into
    overlap = np.minimum(ends[1:, None], filled[None, 1:]) - np.maximum(ends[:-1, None], filled[None, :-1])
    moved: Ints = np.maximum(overlap, 0)
    return moved
