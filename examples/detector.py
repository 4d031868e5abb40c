"""A detector of faulty sensors, scored against the truth that a record hides, without any database.

Run it in the project's environment: `python examples/detector.py`. It takes a few seconds. The detector is a simple
one: a value that repeats itself to the last digit is stuck, and one far off the median of its neighbours is a spike.
"""

from collections.abc import Iterator
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute

from datagen.case import Case
from datagen.catalog.reader import load
from datagen.events import readings
from datagen.events.context import BatchRecord
from datagen.events.truth import TruthHallFailure, TruthSensorFault
from datagen.farm import resolve
from datagen.keys import records
from datagen.planning.presets import Preset, make_plan
from datagen.simulation.loop import simulate

AS_OF = date(2025, 11, 21)
NEIGHBOURS = 5
FAR = 12.0
"""Times the usual distance from the neighbours' median (the median of all such distances) that is called a spike."""


def main() -> None:
    catalog = load()
    farm = resolve(catalog)
    preset = Preset("one batch", batches=1, containers_per_stage=4, way="lived", imperfections="usual")
    plan, _ = make_plan(catalog, farm, preset, AS_OF, seed=1)
    case = Case(catalog, farm, plan)
    histories = {geography: simulate(case, geography) for geography in case.geographies}
    for record in records(case, histories):
        if isinstance(record, BatchRecord):
            score(record)


def score(record: BatchRecord) -> None:
    """Precision and recall, reading by reading, of all sensors of a batch."""
    shown, truth = [], []
    for model, rows in readings.expand(record):
        if model is not TruthHallFailure:
            (truth if model is TruthSensorFault else shown).append(rows)
    record_of, faults = pa.Table.from_batches(shown), pa.Table.from_batches(truth)
    print(f"{record.unit}: {record_of.num_rows:,} readings, {faults.num_rows:,} faults")
    values = record_of.column("value").cast("float64").to_numpy()
    found = {kind: np.zeros(len(values), bool) for kind in ("stuck", "spike")}
    for sensor in _sensors(record_of):
        found["stuck"][sensor] = stuck(values[sensor])
        found["spike"][sensor] = spikes(values[sensor])
    for kind, called in found.items():
        is_so = _labels(record_of, faults, kind)
        right = (called & is_so).sum()
        share_right, share_found = right / max(called.sum(), 1), right / max(is_so.sum(), 1)
        print(f"  {kind:<6}{is_so.sum():>7,} readings   precision {share_right:.2f}   recall {share_found:.2f}")


def stuck(values: np.ndarray) -> np.ndarray:
    """Where a sensor shows what it showed before, twice at least."""
    same = np.concatenate(([False], values[1:] == values[:-1]))
    return same & (np.concatenate((same[1:], [False])) | np.concatenate(([False], same[:-1])))


def spikes(values: np.ndarray) -> np.ndarray:
    """Where a sensor is far off the median of the readings around."""
    around = np.lib.stride_tricks.sliding_window_view(np.pad(values, NEIGHBOURS // 2, mode="edge"), NEIGHBOURS)
    off = np.abs(values - np.median(around, axis=1))
    return off > FAR * max(float(np.median(off)), 1e-4)


def _sensors(record_of: pa.Table) -> Iterator[slice]:
    """The readings of a sensor stand in a row, in order of time."""
    sensor = record_of.column("sensor_id").to_numpy()
    edges = np.flatnonzero(np.diff(sensor)) + 1
    for begin, end in zip([0, *edges], [*edges, len(sensor)], strict=True):
        yield slice(begin, end)


def _labels(record_of: pa.Table, faults: pa.Table, kind: str) -> np.ndarray:
    """Which readings have a fault of this kind."""
    # Sorted by sensor and time, so that a fault is a span of them.
    sensor = record_of.column("sensor_id").to_numpy()
    time = record_of.column("reading_time").cast("int64").to_numpy()
    order = np.lexsort((time, sensor))
    place = np.rec.fromarrays((sensor[order], time[order]))
    here = faults.filter(pa.compute.equal(faults.column("kind"), kind))
    of_sensor = here.column("sensor_id").to_numpy()
    begins, ends = (here.column(name).cast("int64").to_numpy() for name in ("begins", "ends"))
    change = np.zeros(len(place) + 1, np.int64)
    np.add.at(change, np.searchsorted(place, np.rec.fromarrays((of_sensor, begins))), 1)
    np.subtract.at(change, np.searchsorted(place, np.rec.fromarrays((of_sensor, ends)), side="right"), 1)
    labels = np.empty(len(place), bool)
    labels[order] = np.cumsum(change)[:-1] > 0
    return labels


if __name__ == "__main__":
    main()
