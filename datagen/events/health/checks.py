"""Health checks: every so often a few fish of a few containers, weighed, measured and scored sign by sign."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from apps.health.models import FishParameterScore, HealthSamplingEvent, IndividualFishObservation
from datagen.arrays import Floats, Ints
from datagen.biology import health as biology
from datagen.biology.water import day_of_year, year_wave
from datagen.catalog import Catalog
from datagen.catalog.health import Burdens
from datagen.events.body import single_fish
from datagen.events.context import CHUNK_ROWS, BatchRecord, LongestLife, Rows
from datagen.events.health import lice
from datagen.storage.arrow import chosen, record_batch

BURDENS = [name for name in Burdens.model_fields if name != "runt"]


@dataclass(frozen=True)
class Checks:
    """The health checks in order of time: their container-days, assignments and days."""

    row: Ints
    assignment: Ints
    day: Ints


def most_rows(life: LongestLife) -> dict[str, int]:
    spec = life.catalog.health.checks
    first = life.stages.index(spec.first_stage)
    rounds = -(-life.days[first:] // spec.every_days)
    events = int((rounds * _of_round(life.containers[first:], spec.one_container_in)).sum())
    return _rows(life.catalog, events)


def expected(record: BatchRecord, checked: Checks) -> dict[str, int]:
    return _rows(record.catalog, len(checked.row))


def _rows(catalog: Catalog, events: int) -> dict[str, int]:
    fish = events * catalog.health.checks.fish
    return {
        "health_healthsamplingevent": events,
        "health_individualfishobservation": fish,
        "health_fishparameterscore": fish * len(catalog.health.parameters),
    }


def checks(record: BatchRecord) -> Checks:
    """One container in ten of those that hold fish, taking turns from round to round."""
    spec, a = record.catalog.health.checks, record.history.assignments
    rows: list[Ints] = []
    keys = record.stages.key
    for stage in range(record.stages.index(spec.first_stage), len(keys)):
        stays = np.flatnonzero(a.stage == stage)
        if not len(stays):
            continue
        planned, first = len(record.batch.containers[stage]), record.start_day + record.stage_starts[stage]
        begin = int(record.stream(keys[stage], "health check, turn").integers(planned))
        of_round = int(_of_round(planned, spec.one_container_in))
        end = int(a.departure_day[stays].max())
        for number, day in enumerate(range(first + spec.day_of_stage, end, spec.every_days)):
            here = stays[(a.first_day[stays] <= day) & (a.departure_day[stays] > day)]
            row = a.row[here] + day - a.first_day[here]
            row = row[record.history.days.fish[row] >= spec.fish]
            rows.append(row[_rota(len(row), of_round, begin + number * of_round)])
    row = np.concatenate(rows) if rows else np.zeros(0, np.int64)
    return Checks(row, record.row_assignment[row], record.row_day[row])


def _rota(containers: int, of_round: int, begin: int) -> Ints:
    """Which containers of a unit are checked in a round: evenly spread over the unit, from a place on.

    >>> [_rota(10, 3, begin).tolist() for begin in (0, 3, 6)]
    [[0, 3, 6], [3, 6, 9], [2, 6, 9]]
    """
    chosen = min(of_round, containers)
    spread = np.arange(chosen) * containers // max(chosen, 1)
    return np.sort((begin + spread) % max(containers, 1))


def burdens(record: BatchRecord, checked: Checks, infested: lice.Infestation | None) -> Floats:
    """How much of each burden lies on each checked container [events, burdens]."""
    spec, days, a = record.catalog.health.checks, record.history.days, record.history.assignments
    row, day, assignment = checked.row, checked.day, checked.assignment
    first = a.row[assignment]
    dead, since = biology.recent(days.deaths, first, row, spec.deaths_days)
    week_oxygen, from_row = biology.recent(days.oxygen_pct, first, row, 7)
    week_appetite, _ = biology.recent(days.appetite, first, row, 7)
    length = row - from_row + 1
    unit = record.farm.container_unit[a.container[assignment]]
    summer = year_wave(day_of_year(record.date(day)), record.farm.unit_warmest_day[unit])
    operations = (record.history.vaccinations, record.history.treatments)
    handled_day = np.concatenate([a.first_day, *(each.day for each in operations)])
    handled = np.concatenate([np.arange(len(a.stage)), *(each.assignment for each in operations)])
    amounts = {
        "deaths": np.log1p(dead / np.maximum(days.fish[since], 1) / spec.deaths_share),
        "handling": biology.after_handling(day, assignment, handled_day, handled, spec.handling_lasts_days),
        "lice": np.log1p(_mobile_lice(checked, infested) / spec.lice_per_fish),
        "oxygen": np.maximum(spec.oxygen_enough_pct - week_oxygen / length, 0.0) / spec.oxygen_short_pct,
        "appetite": np.clip(1.0 - week_appetite / length, 0.0, 1.0),
        "winter": np.maximum(-summer, 0.0),
        "summer": np.maximum(summer, 0.0),
    }
    return np.column_stack([amounts[name] for name in BURDENS])


def _mobile_lice(checked: Checks, infested: lice.Infestation | None) -> Floats:
    found = np.zeros(len(checked.row))
    if infested is not None:
        at_sea = checked.assignment >= infested.stays[0]
        ring = checked.assignment[at_sea] - infested.stays[0]
        found[at_sea] = lice.mobile(infested)[checked.day[at_sea] - infested.first_day, ring]
    return found


def _scores(record: BatchRecord, checked: Checks, infested: lice.Infestation | None, weight_g: Floats) -> Ints:
    spec, parameters = record.catalog.health.checks, record.catalog.health.parameters
    weights = np.array([[getattr(each.burdens, name) for name in (*BURDENS, "runt")] for each in parameters])
    burden = burdens(record, checked, infested) @ weights[:, :-1].T
    # Against the sample's own mean and spread: what the one who looks at the fish can see.
    lag = (weight_g.mean(axis=1, keepdims=True) - weight_g) / weight_g.std(axis=1, keepdims=True)
    normal = record.stream("health scores").standard_normal((*weight_g.shape, 1 + len(parameters)))
    # Half a standard deviation behind is still an ordinary fish.
    runt = np.maximum(lag - 0.5, 0.0)
    return biology.scores(burden, runt, weights[:, -1], normal, spec.shared_variance, np.array(spec.score_limits))


def expand(record: BatchRecord, checked: Checks, infested: lice.Infestation | None) -> Iterator[Rows]:
    if not len(checked.row):
        return
    fish = record.catalog.health.checks.fish
    events = len(checked.row)
    weight_g, length_cm = single_fish(record, checked.row, fish, "health check")
    yield _events(record, checked, weight_g, length_cm)
    event_id = record.ids(HealthSamplingEvent, events)
    fish_id = record.ids(IndividualFishObservation, events * fish)
    names = [f"H{number:02d}" for number in range(1, fish + 1)]
    taken = np.repeat(record.at(checked.day, 13), fish)
    yield (
        IndividualFishObservation,
        record_batch(
            IndividualFishObservation,
            events * fish,
            id=fish_id,
            sampling_event_id=np.repeat(event_id, fish),
            fish_identifier=chosen(names, np.tile(np.arange(fish), events)),
            weight_g=weight_g.ravel(),
            length_cm=length_cm.ravel(),
            created_at=taken,
            updated_at=taken,
        ),
    )
    scores = _scores(record, checked, infested, weight_g).reshape(events * fish, -1)
    parameters = scores.shape[1]
    step = CHUNK_ROWS // parameters
    for at in range(0, events * fish, step):
        part = slice(at, at + step)
        several = len(scores[part])
        first = record.first_id["health_fishparameterscore"] + at * parameters
        moment = np.repeat(taken[part], parameters)
        yield (
            FishParameterScore,
            record_batch(
                FishParameterScore,
                several * parameters,
                id=first + np.arange(several * parameters),
                individual_fish_observation_id=np.repeat(fish_id[part], parameters),
                parameter_id=np.tile(record.farm.health_parameter_id, several),
                score=scores[part].ravel(),
                created_at=moment,
                updated_at=moment,
            ),
        )


def _events(record: BatchRecord, checked: Checks, weight_g: Floats, length_cm: Floats) -> Rows:
    events, fish = weight_g.shape
    vets = record.staff("VET")
    taken = record.at(checked.day, 13)
    return HealthSamplingEvent, record_batch(
        HealthSamplingEvent,
        events,
        id=record.ids(HealthSamplingEvent, events),
        assignment_id=record.assignment_id[checked.assignment],
        sampled_by_id=vets[(record.index + np.arange(events)) % len(vets)],
        sampling_date=record.date(checked.day),
        number_of_fish_sampled=fish,
        calculated_sample_size=fish,
        avg_weight_g=weight_g.mean(axis=1),
        min_weight_g=weight_g.min(axis=1),
        max_weight_g=weight_g.max(axis=1),
        std_dev_weight_g=weight_g.std(axis=1, ddof=1),
        avg_length_cm=length_cm.mean(axis=1),
        min_length_cm=length_cm.min(axis=1),
        max_length_cm=length_cm.max(axis=1),
        std_dev_length_cm=length_cm.std(axis=1, ddof=1),
        avg_k_factor=(100.0 * weight_g / length_cm**3).mean(axis=1),
        created_at=taken,
        updated_at=taken,
    )


def _of_round(containers: Ints | int, one_in: int) -> Ints:
    """How many of a stage's containers are checked each round: the nearest whole number, at least one."""
    several: Ints = np.maximum((np.asarray(containers) + one_in // 2) // one_in, 1)
    return several
