"""Sea lice: how many live on the fish of each ring on each day at sea, and the weekly counts of them."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from apps.health.models import LiceCount
from datagen.arrays import Bools, Floats, Ints
from datagen.biology import lice as biology
from datagen.biology.water import day_of_year, year_wave
from datagen.catalog.health import Delousing, Settling
from datagen.catalog.spec import of_geography
from datagen.events.context import BatchRecord, LongestLife, Rows
from datagen.storage.arrow import record_batch
from datagen.streams import remembering, stream

MONTH_DAYS = 28
"""An area's pressure is drawn for every so many days, and runs straight between them."""


@dataclass(frozen=True)
class Infestation:
    """The lice of a batch at sea, by day of its sea phase and ring; `stays` are the rings' assignments.

    `lice` is the truth per fish [days, populations, rings]. Counts were made on the sea days `counted_on`: `counts`
    [weeks, rings, types] on `fish` fish where `made` [weeks, rings], by the catalog's method `method` [weeks, rings].
    """

    first_day: int
    stays: Ints
    lice: Floats
    counted_on: Ints
    made: Bools
    method: Ints
    counts: Ints


def most_rows(life: LongestLife) -> dict[str, int]:
    weeks = -(-int(life.days[-1]) // life.catalog.lice.counting.every_days)
    return {"health_licecount": weeks * life.rings * len(life.catalog.lice.types)}


def expected(infested: Infestation | None) -> dict[str, int]:
    found = 0 if infested is None else int(np.count_nonzero(infested.counts * infested.made[:, :, None]))
    return {"health_licecount": found}


def infestation(record: BatchRecord) -> Infestation | None:
    """The lice of the batch, none before all of it is at sea: fish come there clean."""
    a, days = record.history.assignments, record.history.days
    first_day = record.start_day + record.stage_starts[record.sea]
    if first_day > record.last_day:
        return None
    stays = np.flatnonzero(a.stage == record.sea)
    end = a.departure_day[stays] - first_day
    day = np.arange(int(end.max()))
    row = a.row[stays] + first_day - a.first_day[stays] + np.minimum(day[:, None], end - 1)
    lice = _lice(record, stays, first_day, days.temp_c[row])
    counting = record.catalog.lice.counting
    counted_on = np.arange(counting.first_sea_day, len(day), counting.every_days)
    made = (counted_on[:, None] < end) & (days.fish[row[counted_on]] >= counting.fish)
    method = _methods(record, made.shape)
    return Infestation(first_day, stays, lice, counted_on, made, method, _counts(record, lice[counted_on], method))


def delousing(record: BatchRecord, kind: int) -> Delousing:
    """How the batch is deloused the time that is `kind` in the catalog's list."""
    ways = record.catalog.treatments.delousing
    shares = np.array([way.share for way in ways])
    return ways[int(record.stream("delousing, method", kind).choice(len(ways), p=shares / shares.sum()))]


def mobile(infested: Infestation) -> Floats:
    """Pre-adult and adult L. salmonis per fish [days, rings]."""
    first = biology.POPULATIONS.index("pre_adult")
    both: Floats = infested.lice[:, first : first + 2].sum(axis=1)
    return both


def counted_mobile(record: BatchRecord, infested: Infestation) -> Ints:
    """Pre-adult and adult L. salmonis found at each count [weeks, rings]."""
    types = [bool({"pre_adult", "adult"} & kind.of.keys()) for kind in record.catalog.lice.types]
    found: Ints = infested.counts[:, :, types].sum(axis=2)
    return found


def _lice(record: BatchRecord, stays: Ints, first_day: int, temp_c: Floats) -> Floats:
    spec, populations = record.catalog.lice.biology, biology.POPULATIONS
    shape = (len(temp_c), len(populations), len(stays))
    ring = np.exp(spec.ring_spread * record.stream("lice, rings").standard_normal((2, len(stays))))
    settling = np.zeros(shape)
    pressure = of_geography(spec.settling, record.farm.geography_name[record.batch.geography])
    for into, settles, own in (
        ("copepodid", pressure.salmonis, ring[0]),
        ("caligus_juvenile", pressure.caligus, ring[1]),
    ):
        outside = _pressure(record, settles, into, first_day, len(temp_c))
        settling[:, populations.index(into)] = outside[:, None] * own
    share = np.array([spec.development_share.get(name, np.inf) for name in populations])
    loss = np.array([spec.daily_loss[name] for name in populations])
    survival = np.broadcast_to(1.0 - loss[:, None], shape) * _after_delousing(record, stays, first_day, shape)
    return biology.lice_per_fish(settling, biology.moulting(temp_c, share), survival, spec.hatching)


def _pressure(record: BatchRecord, spec: Settling, louse: str, first_day: int, length: int) -> Floats:
    """Lice that settle on a fish of the batch's area from outside, by day of the sea phase [lice/fish/day]."""
    area = record.farm.container_unit[record.batch.containers[-1][0]]
    place = record.farm.geography_code[record.batch.geography]
    months = record.last_day // MONTH_DAYS + 2

    def anomaly(*where: str) -> Floats:
        # By address, not by batch: whoever is in the area in these months meets the same lice.
        draws = stream(record.case.plan.seed, place, *where, "lice pressure", louse).standard_normal(months)
        return remembering(draws, spec.area_memory)

    common, own = anomaly(), anomaly(record.farm.unit_code[area])
    monthly = np.sqrt(spec.shared_share) * common + np.sqrt(1.0 - spec.shared_share) * own
    day = first_day + np.arange(length)
    date = record.date(day)
    differs = spec.area_spread * np.interp(day, MONTH_DAYS * np.arange(months), monthly)
    pressure: Floats = spec.daily * np.exp(spec.season * year_wave(day_of_year(date), spec.peak_day) + differs)
    return pressure


def _after_delousing(record: BatchRecord, stays: Ints, first_day: int, shape: tuple[int, ...]) -> Floats:
    """What part of the lice the treatments of each day leave [days, populations, rings]."""
    left, treated = np.ones(shape), record.history.treatments
    for kind in np.unique(treated.kind):
        way = delousing(record, int(kind))
        removed = np.where(biology.SESSILE, way.sessile, way.mobile)[:, None]
        luck = record.stream("delousing, effect", int(kind)).standard_normal(len(stays))
        # Spread in what survives, so that no ring gains lice or is cleaner than clean.
        part = np.clip((1.0 - removed) * np.exp(way.spread * luck), 0.0, 1.0)
        which = treated.kind == kind
        ring = treated.assignment[which] - stays[0]
        left[treated.day[which] - first_day, :, ring] = part[:, ring].T
    return left


def _methods(record: BatchRecord, shape: tuple[int, ...]) -> Ints:
    methods = record.catalog.lice.counting.methods
    ladder = np.cumsum([method.share for method in methods])
    drawn: Ints = np.searchsorted(ladder / ladder[-1], record.stream("lice, method").random(shape), side="right")
    return drawn


def _counts(record: BatchRecord, lice: Floats, method: Ints) -> Ints:
    """Lice of each type found [weeks, rings, types], from the lice per fish [weeks, populations, rings]."""
    spec = record.catalog.lice
    of = np.array([[kind.of.get(name, 0.0) for name in biology.POPULATIONS] for kind in spec.types])
    seen = np.array([each.confidence for each in spec.counting.methods])[method]
    mean = np.swapaxes(of @ lice, 1, 2) * seen[:, :, None]
    fish, k = spec.counting.fish, spec.counting.clumping_k
    # Two streams: how many draws a gamma or Poisson variate takes varies, and one must not push the other.
    gamma = record.stream("lice, clumping").standard_gamma(fish * k, mean.shape)
    counts: Ints = record.stream("lice, counted").poisson(biology.clumped(mean, fish, k, gamma))
    return counts


def expand(record: BatchRecord, infested: Infestation) -> Iterator[Rows]:
    """One row for every type found at a count."""
    spec = record.catalog.lice
    week, ring, kind = np.nonzero(infested.counts * infested.made[:, :, None])
    count = len(week)
    if not count:
        return
    found = infested.counts[week, ring, kind]
    adult = np.array([each.adult for each in spec.types])
    female = np.array([each.gender == "female" for each in spec.types])
    methods = spec.counting.methods
    method = infested.method[week, ring]
    stay = infested.stays[ring]
    counters = record.staff("VET")
    yield (
        LiceCount,
        record_batch(
            LiceCount,
            count,
            id=record.ids(LiceCount, count),
            batch_id=record.batch_id,
            container_id=record.container_id[stay],
            assignment_id=record.assignment_id[stay],
            user_id=counters[(record.index + week) % len(counters)],
            lice_type_id=record.farm.lice_type_id[kind],
            count_date=record.at(infested.first_day + infested.counted_on[week], 10 + 0.25 * ring),
            count_value=found,
            adult_female_count=np.where(adult & female, 1, 0)[kind] * found,
            adult_male_count=np.where(adult & ~female, 1, 0)[kind] * found,
            juvenile_count=np.where(adult, 0, 1)[kind] * found,
            fish_sampled=spec.counting.fish,
            detection_method=np.array([each.name for each in methods])[method],
            confidence_level=np.array([each.confidence for each in methods])[method],
        ),
    )
