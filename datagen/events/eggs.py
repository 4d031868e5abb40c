"""Where the eggs of a batch come from: lots that were bought, or those of our own females, one each."""

from collections.abc import Iterator

import numpy as np

from apps.broodstock.models import BatchParentage, BreedingPair, EggProduction, ExternalEggBatch
from datagen.arrays import Ints
from datagen.catalog.broodstock import Parents
from datagen.events.context import BatchRecord, LongestLife, Rows
from datagen.events.orders import bought_number, delivered, own_parents, supplier_index
from datagen.storage.arrow import record_batch

LAID_SPREAD = 0.2
"""Sigma of the lognormal eggs of a female; invented."""


def most_rows(life: LongestLife) -> dict[str, int]:
    own = max((females(parents, life.eggs) for parents in life.catalog.broodstock.parents), default=0)
    bought = int(life.containers[0])
    return {
        "broodstock_eggproduction": max(own, bought),
        "broodstock_externaleggbatch": bought,
        "broodstock_batchparentage": max(own, bought),
    }


def expected(record: BatchRecord) -> dict[str, int]:
    parents = own_parents(record.case, record.batch)
    if parents is None:
        count = bought = len(np.unique(_stations(record)))
    else:
        count, bought = females(parents, record.batch.eggs), 0
    return {
        "broodstock_eggproduction": count,
        "broodstock_externaleggbatch": bought,
        "broodstock_batchparentage": count,
    }


def expand(record: BatchRecord) -> Iterator[Rows]:
    eggs, station = _lots(record)
    bought = own_parents(record.case, record.batch) is None
    yield _productions(record, eggs, station, bought)
    if bought:
        yield _bought(record, len(eggs))
    yield _parentage(record, len(eggs))


def females(parents: Parents, eggs: int) -> int:
    """How many are stripped for so many eggs."""
    return -(-eggs // parents.eggs_per_female)


def laid(record: BatchRecord, parents: Parents) -> Ints:
    """Eyed eggs of each female: all of the batch's, dead on arrival or not."""
    eggs = record.batch.eggs
    share = np.cumsum(record.stream("eggs of females").lognormal(0.0, LAID_SPREAD, females(parents, eggs)))
    of_each: Ints = np.diff(np.rint(share / share[-1] * eggs).astype(np.int64), prepend=0)
    return of_each


def production_day(record: BatchRecord) -> int:
    """Day of the record on which the parents were stripped."""
    return record.start_day - record.catalog.broodstock.eyed_days


def _stations(record: BatchRecord) -> Ints:
    """The station of each delivery."""
    container = record.history.assignments.container[record.history.deliveries.assignment]
    stations: Ints = record.farm.unit_station[record.farm.container_unit[container]]
    return stations


def _lots(record: BatchRecord) -> tuple[Ints, Ints]:
    """Eggs of each lot, and the station that it goes to: a bought lot for each station, our own in turn."""
    delivered, stations = record.history.deliveries.eggs, _stations(record)
    parents = own_parents(record.case, record.batch)
    if parents is None:
        going, of = np.unique(stations, return_inverse=True)
        return np.bincount(of, delivered).astype(np.int64), going
    eggs = laid(record, parents)
    filled = np.searchsorted(np.cumsum(delivered), np.cumsum(eggs) - eggs, side="right")
    return eggs, stations[filled]


def _productions(record: BatchRecord, eggs: Ints, station: Ints, bought: bool) -> Rows:
    count, day = len(eggs), production_day(record)
    stripped = record.at(day, 8 + 8 * np.arange(count) / count)
    pairs = np.ma.array(np.full(count, 1) if bought else record.ids(BreedingPair, count), mask=bought)
    return EggProduction, record_batch(
        EggProduction,
        count,
        id=record.ids(EggProduction, count),
        destination_station_id=record.farm.station_id[station],
        pair_id=pairs,
        egg_batch_id=[f"EGG-{record.batch.number}-{number:03d}" for number in range(1, count + 1)],
        egg_count=eggs,
        production_date=stripped,
        source_type="external" if bought else "internal",
        created_at=stripped,
        updated_at=record.at(record.start_day, 9),
    )


def _bought(record: BatchRecord, count: int) -> Rows:
    supplier, ordered = supplier_index(record), record.at(delivered(record).placed_day, 9)
    strain = record.catalog.suppliers.suppliers[supplier].strain
    return ExternalEggBatch, record_batch(
        ExternalEggBatch,
        count,
        id=record.ids(ExternalEggBatch, count),
        egg_production_id=record.ids(EggProduction, count),
        supplier_id=int(record.farm.supplier_id[supplier]),
        batch_number=bought_number(record),
        provenance_data=f"Strain: {strain}; eyed eggs, disinfected",
        created_at=ordered,
        updated_at=ordered,
    )


def _parentage(record: BatchRecord, count: int) -> Rows:
    delivered = record.at(record.start_day, 8)
    return BatchParentage, record_batch(
        BatchParentage,
        count,
        id=record.ids(BatchParentage, count),
        batch_id=record.batch_id,
        egg_production_id=record.ids(EggProduction, count),
        assignment_date=delivered,
        created_at=delivered,
        updated_at=delivered,
    )
