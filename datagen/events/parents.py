"""The parent fish of a batch of our own eggs: chosen, moved, paired, and kept for a second season or not."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from apps.broodstock.models import (
    BreedingPair,
    BreedingPlan,
    BreedingTraitPriority,
    BroodstockFish,
    FishMovement,
)
from datagen.arrays import Bools, Ints
from datagen.case import Case
from datagen.catalog.broodstock import Parents
from datagen.events.context import BatchRecord, Changing, LongestLife, Rows, Was
from datagen.events.eggs import females, laid, production_day
from datagen.events.orders import own_parents
from datagen.storage.arrow import record_batch

HEALTH = ("healthy", "monitored", "sick")
HEALTH_SHARES = (0.92, 0.07, 0.01)
"""Of those that are alive; invented."""

WEIGHT_SPREAD = 0.12
TRAIT_SD = 8.0
"""Of the lognormal weight; and of breeding values, whose mean is 100. Invented."""

INSTRUCTIONS = "Each female's eggs by one male; strip by ripeness, from the first female on."
GENETICS = "Mated by breeding value; no pair is closer than cousins."


@dataclass(frozen=True)
class _Group:
    """Females, then males; `kept` for a second season. Tanks are containers of the farm."""

    parents: Parents
    eggs: Ints
    males: int
    kept: Bools
    holding: int
    spawning: int
    stripped_day: int

    @property
    def fish(self) -> int:
        return len(self.eggs) + self.males

    @property
    def gone_day(self) -> Ints:
        days: Ints = self.stripped_day + np.where(self.kept, self.parents.kept_days, 0)
        return days


def most_rows(life: LongestLife) -> dict[str, int]:
    stripped = [(females(each, life.eggs), each.females_per_male) for each in life.catalog.broodstock.parents]
    pairs = max((count for count, _ in stripped), default=0)
    fish = max((count + _males(count, each) for count, each in stripped), default=0)
    priorities = max((len(each.priorities) for each in life.catalog.broodstock.parents), default=0)
    return {
        "broodstock_breedingplan": min(pairs, 1),
        "broodstock_breedingtraitpriority": priorities,
        "broodstock_broodstockfish": fish,
        "broodstock_breedingpair": pairs,
        "broodstock_fishmovement": 2 * fish,
        # The plan ends; fish are moved, moved back, and die.
        "broodstock_historicalbreedingplan": min(pairs, 1),
        "broodstock_historicalbroodstockfish": 3 * fish,
    }


def expected(record: BatchRecord) -> dict[str, int]:
    group = _group(record)
    if group is None:
        return {}
    return {
        "broodstock_breedingplan": 1,
        "broodstock_breedingtraitpriority": len(group.parents.priorities),
        "broodstock_broodstockfish": group.fish,
        "broodstock_breedingpair": len(group.eggs),
        "broodstock_fishmovement": group.fish + int(group.kept.sum()),
        "broodstock_historicalbreedingplan": 1,
        "broodstock_historicalbroodstockfish": group.fish
        + int(group.kept.sum())
        + int((record.last_day >= group.gone_day).sum()),
    }


def expand(record: BatchRecord) -> Iterator[Rows | Changing]:
    if group := _group(record):
        yield _plan(record, group)
        yield _priorities(record, group)
        yield _fish(record, group)
        yield _pairs(record, group)
        yield _movements(record, group)


def tanks(case: Case, parents: Parents) -> tuple[Ints, Ints]:
    """Containers of the farm in which parents are held, and in which they spawn."""
    farm = case.farm
    [station] = [
        place
        for place, site in enumerate(case.catalog.sites.stations)
        if (site.geography, site.code) == (parents.geography, parents.station)
    ]
    own = np.flatnonzero(np.isin(farm.container_unit, np.flatnonzero(farm.unit_station == station)))
    letter = np.array([farm.unit_code[farm.container_unit[tank]].rpartition("-")[2] for tank in own])
    return own[letter != parents.spawning_hall], own[letter == parents.spawning_hall]


def _males(stripped: int, females_per_male: int) -> int:
    return -(-stripped // females_per_male)


def _group(record: BatchRecord) -> _Group | None:
    parents = own_parents(record.case, record.batch)
    if parents is None:
        return None
    eggs = laid(record, parents)
    males = _males(len(eggs), parents.females_per_male)
    kept = record.stream("parents kept").random(len(eggs) + males) < parents.kept_share
    holding, spawning = tanks(record.case, parents)
    return _Group(
        parents,
        eggs,
        males,
        kept,
        int(holding[record.index % len(holding)]),
        int(spawning[record.index % len(spawning)]),
        production_day(record),
    )


def _manager(record: BatchRecord) -> int:
    managers = record.staff("MGR")
    return int(managers[record.index % len(managers)])


def _plan(record: BatchRecord, group: _Group) -> Changing:
    chosen = record.at(group.stripped_day - group.parents.selected_days, 9)
    ended = record.at(group.stripped_day, 18)[None]
    rows = record_batch(
        BreedingPlan,
        1,
        id=record.first_id["broodstock_breedingplan"],
        created_by_id=_manager(record),
        name=f"Eggs of {record.batch.number}",
        start_date=chosen[None],
        end_date=ended,
        objectives=f"{record.batch.eggs:,} eyed eggs of the {group.parents.strain} strain",
        breeder_instructions=INSTRUCTIONS,
        geneticist_notes=GENETICS,
        created_at=chosen[None],
        updated_at=ended,
    )
    return BreedingPlan, rows, (Was(chosen[None], {"updated_at": chosen[None]}), Was(ended))


def _priorities(record: BatchRecord, group: _Group) -> Rows:
    chosen, priorities = record.at(group.stripped_day - group.parents.selected_days, 9), group.parents.priorities
    return BreedingTraitPriority, record_batch(
        BreedingTraitPriority,
        len(priorities),
        id=record.ids(BreedingTraitPriority, len(priorities)),
        plan_id=record.first_id["broodstock_breedingplan"],
        trait_name=[each.trait for each in priorities],
        priority_weight=np.array([each.weight for each in priorities]),
        created_at=chosen,
        updated_at=chosen,
    )


def _fish(record: BatchRecord, group: _Group) -> Changing:
    gone_day = group.gone_day
    gone = record.last_day >= gone_day
    health = np.searchsorted(np.cumsum(HEALTH_SHARES[:-1]), record.stream("health of parents").random(group.fish))
    tank = np.where(group.kept, group.holding, group.spawning)
    chosen = record.at(np.full(group.fish, group.stripped_day - group.parents.selected_days), 10)
    moved = record.at(np.full(group.fish, group.stripped_day - group.parents.spawning_days), 11)
    back = np.where(group.kept, record.at(group.stripped_day + 1, 17), np.datetime64("NaT", "us"))
    died = np.where(gone, record.at(gone_day, 17), np.datetime64("NaT", "us"))
    alive = np.array(HEALTH)[health]
    holding, spawning = (int(record.farm.container_id[each]) for each in (group.holding, group.spawning))
    rows = record_batch(
        BroodstockFish,
        group.fish,
        id=record.ids(BroodstockFish, group.fish),
        container_id=record.farm.container_id[tank],
        traits=_traits(record, group),
        health_status=np.where(gone, "deceased", alive),
        created_at=chosen,
        updated_at=record.at(np.where(gone, gone_day, group.stripped_day + 1), 17),
    )
    was = (
        Was(chosen, {"container_id": holding, "health_status": alive, "updated_at": chosen}),
        Was(moved, {"container_id": spawning, "health_status": alive, "updated_at": moved}),
        Was(back, {"health_status": alive, "updated_at": back}),
        Was(died),
    )
    return BroodstockFish, rows, was


def _traits(record: BatchRecord, group: _Group) -> list[dict[str, object]]:
    luck = record.stream("traits of parents").standard_normal((group.fish, 1 + len(group.parents.priorities)))
    male = np.arange(group.fish) >= len(group.eggs)
    weight_kg = np.where(male, group.parents.male_kg, group.parents.female_kg) * np.exp(WEIGHT_SPREAD * luck[:, 0])
    values = np.rint(100 + TRAIT_SD * luck[:, 1:]).astype(int)
    names = [each.trait for each in group.parents.priorities]
    return [
        {
            "sex": "male" if sire else "female",
            "strain": group.parents.strain,
            "weight_kg": kg,
            **dict(zip(names, of_fish, strict=True)),
        }
        for sire, kg, of_fish in zip(male, np.round(weight_kg, 1).tolist(), values.tolist(), strict=True)
    ]


def _pairs(record: BatchRecord, group: _Group) -> Rows:
    count = len(group.eggs)
    fish, female = record.ids(BroodstockFish, group.fish), np.arange(count)
    paired = record.at(group.stripped_day, 8 + 8 * female / count)
    return BreedingPair, record_batch(
        BreedingPair,
        count,
        id=record.ids(BreedingPair, count),
        plan_id=record.first_id["broodstock_breedingplan"],
        female_fish_id=fish[:count],
        male_fish_id=fish[count + female // group.parents.females_per_male],
        pairing_date=paired,
        progeny_count=group.eggs,
        created_at=paired,
        updated_at=paired,
    )


def _movements(record: BatchRecord, group: _Group) -> Rows:
    """All to where they spawn; those that are kept back again on the day after."""
    farm, operators = record.farm, record.staff("OPR")
    fish, kept = record.ids(BroodstockFish, group.fish), np.flatnonzero(group.kept)
    back = np.arange(group.fish + len(kept)) >= group.fish
    day = group.stripped_day + np.where(back, 1, -group.parents.spawning_days)
    moved = record.at(day, 11)
    holding, spawning = (int(farm.container_id[tank]) for tank in (group.holding, group.spawning))
    return FishMovement, record_batch(
        FishMovement,
        len(back),
        id=record.ids(FishMovement, len(back)),
        fish_id=np.concatenate([fish, fish[kept]]),
        from_container_id=np.where(back, spawning, holding),
        to_container_id=np.where(back, holding, spawning),
        moved_by_id=int(operators[record.index % len(operators)]),
        movement_date=moved,
        notes=["Kept for a second season" if after else "To the spawning tank" for after in back],
        created_at=moved,
        updated_at=moved,
    )
