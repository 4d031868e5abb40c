"""Health checks added to batches that are in a database: of more fish, or more often, than were recorded with them."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import numpy as np
import psycopg
import pyarrow as pa

from apps.health.models import FishParameterScore, HealthSamplingEvent, IndividualFishObservation
from aquamind import database
from aquamind.errors import UserError
from datagen import orm, pipeline, runs
from datagen.arrays import Bools, Ints
from datagen.case import Case
from datagen.catalog import Catalog
from datagen.catalog.health import MOST_CHECKED_FISH
from datagen.events import audit
from datagen.events.context import BatchRecord, MixedRecord, Rows
from datagen.events.health import checks, lice
from datagen.farm import Farm, with_database_ids
from datagen.keys import keys, mixed, mixed_record
from datagen.pipeline import Progress
from datagen.runs import advancing, preflight
from datagen.storage import ddl, ledger, postgres

PARENTS = {"sampling_event_id": HealthSamplingEvent, "individual_fish_observation_id": IndividualFishObservation}
MODELS = (HealthSamplingEvent, IndividualFishObservation, FishParameterScore)
TABLES = [model._meta.db_table for model in MODELS]
ADDED = "health checks added"
"""What they are called in the ledger, after their batch and before the number of times."""


@dataclass(frozen=True)
class Wanted:
    """So many fish at each check, a check of a stage's containers every so many days, between two days, both included.

    No days: from the first to the last of the record.
    """

    fish: int
    every_days: int
    begin: date | None = None
    end: date | None = None


@dataclass
class Added:
    """What was added, or would be: rows by table, checks by batch; and how many checks were there already."""

    rows: "Counter[str]" = field(default_factory=Counter)
    checks: dict[str, int] = field(default_factory=dict)
    there_already: int = 0


class _Anew(BatchRecord):
    """A batch whose fish are drawn anew, not those of its own health checks."""

    def stream(self, *names: object) -> np.random.Generator:
        spec = self.catalog.health.checks
        return super().stream("health checks added", spec.fish, spec.every_days, *names)


class _MixedAnew(_Anew, MixedRecord):
    """The same of one that began as a mix of others."""


def add(dsn: str, catalog: Catalog, farm: Farm, wanted: Wanted, progress: Progress, dry_run: bool = False) -> Added:
    """Check the fish that were there, container by container; where one was checked on the day, that stands.

    So the same again adds nothing, and after `advance` what is new. A batch is wholly done or not at all.
    """
    _check(wanted)
    orm.use(dsn)
    added = Added()
    with database.connect(dsn, autocommit=True, application_name="aquamind health") as connection:
        postgres.hold(connection)
        preflight.check_session(connection)
        if unfinished := ledger.unfinished(connection):
            raise UserError("database", connection.info.dbname, unfinished)
        cases = advancing.present(connection, catalog, farm)
        _check_days(connection, wanted, cases)
        runs.check_schema(connection, TABLES)
        if not dry_run:
            ledger.prepare(connection)
        for present in cases:
            case = replace(present.case, farm=with_database_ids(farm, connection))
            progress.step("Health checks", len(case.as_lived.plan.batches))
            for record, again in _records(case, present.taken, wanted):
                tables = _tables(connection, record, again, wanted, added)
                if tables and not dry_run:
                    unit = _unit(connection, record.unit)
                    postgres.write(connection, present.run, unit, tables)
                progress.advance(1, f"{sum(added.checks.values()):,} checks")
    return added


def _check(wanted: Wanted) -> None:
    if not 2 <= wanted.fish <= MOST_CHECKED_FISH:
        raise UserError("fish", wanted.fish, f"Give 2 to {MOST_CHECKED_FISH:,} fish a check")
    if not 1 <= wanted.every_days <= 1000:
        raise UserError("every", wanted.every_days, "Give 1 to 1,000 days")
    if wanted.begin and wanted.end and wanted.begin > wanted.end:
        raise UserError("to", wanted.end.isoformat(), f"It is before --from ({wanted.begin}); give a later day")


def _check_days(connection: psycopg.Connection[Any], wanted: Wanted, cases: "list[advancing.Present]") -> None:
    first = min(present.case.plan.first_day for present in cases)
    last = max(present.case.plan.as_of for present in cases)
    for name, day in (("from", wanted.begin), ("to", wanted.end)):
        if day is not None and not first <= day <= last:
            cure = f"The record of {connection.info.dbname} is from {first} to {last}; give a day within"
            raise UserError(name, day.isoformat(), cure)


def _records(case: Case, taken: dict[str, int], wanted: Wanted) -> Iterator[tuple[BatchRecord, BatchRecord]]:
    """Each batch as it was recorded, and as it is to be checked."""
    health = case.catalog.health
    spec = health.checks.model_copy(update={"fish": wanted.fish, "every_days": wanted.every_days})
    catalog = case.catalog.model_copy(update={"health": health.model_copy(update={"checks": spec})})
    given, other = keys(case, taken), replace(case, catalog=catalog)

    def uncounted(first_id: Mapping[str, int]) -> dict[str, int]:
        # Rows count from 0, and get their keys when it is known which are new.
        return {**first_id, **dict.fromkeys([*TABLES, *(audit.TABLES[table] for table in TABLES)], 0)}

    histories = pipeline.simulate(case)
    for geography, history in histories.items():
        for index, batch in enumerate(case.plan.batches):
            if batch.geography == geography:
                lived = history.batch(index)
                first_id = given.of_batch[index]
                yield BatchRecord(case, index, lived, first_id), _Anew(other, index, lived, uncounted(first_id))
    for index, lived in mixed(case, histories):
        record = mixed_record(case, index, lived, given)
        numbers = uncounted(record.first_id)
        yield record, _MixedAnew(other, index, lived, numbers, record.mixed, record.source_ids)


def _tables(
    connection: psycopg.Connection[Any], record: BatchRecord, again: BatchRecord, wanted: Wanted, added: Added
) -> list[Rows]:
    """What is new of a batch, keyed; nothing if all is there."""
    checked = checks.checks(again)
    day = again.date(checked.day)
    asked = np.ones(len(day), bool)
    if wanted.begin is not None:
        asked &= day >= np.datetime64(wanted.begin)
    if wanted.end is not None:
        asked &= day <= np.datetime64(wanted.end)
    there = _there(connection, again.assignment_id[checked.assignment], day)
    new = asked & ~there
    added.there_already += int((asked & there).sum())
    if not new.any():
        return []
    added.checks[record.unit] = int(new.sum())
    # All are drawn, so that a fish does not depend on what else is asked for.
    drawn = [(model, rows) for model, rows in checks.expand(again, checked, lice.infestation(record))]
    keyed = list(_keyed(connection, drawn, new))
    tables = keyed + [version for model, rows in keyed for version in audit.trail(again, model, rows)]
    added.rows.update({model._meta.db_table: rows.num_rows for model, rows in keyed})
    return tables


def _there(connection: psycopg.Connection[Any], assignment: Ints, day: "np.ndarray[Any, Any]") -> Bools:
    """Whether a container has a check on the day, whoever made it."""
    found = connection.execute(
        "SELECT assignment_id, sampling_date FROM health_healthsamplingevent WHERE assignment_id = ANY(%s)",
        [np.unique(assignment).tolist()],
    ).fetchall()
    known = set(found)
    there: Bools = np.array([each in known for each in zip(assignment.tolist(), day.tolist(), strict=True)], bool)
    return there


def _keyed(connection: psycopg.Connection[Any], drawn: list[Rows], new: Bools) -> Iterator[Rows]:
    """The new checks with their fish and scores, under the keys that follow the highest of those added before."""
    keep: dict[Any, Bools] = {HealthSamplingEvent: new}
    key_of: dict[Any, Ints] = {}
    for model in MODELS:
        table = pa.Table.from_batches([rows for kind, rows in drawn if kind is model])
        parent = next((name for name in PARENTS if name in table.schema.names), None)
        if parent is not None:
            old = np.asarray(table[parent])
            keep[model] = keep[PARENTS[parent]][old]
            table = _with(table, parent, key_of[PARENTS[parent]][old])
        key_of[model] = _next_key(connection, model) + np.cumsum(keep[model]) - 1
        kept = _with(table, "id", key_of[model]).filter(pa.array(keep[model])).combine_chunks()
        for rows in kept.to_batches():
            yield model, rows


def _with(table: pa.Table, name: str, values: Ints) -> pa.Table:
    place = table.schema.get_field_index(name)
    return table.set_column(place, table.schema.field(name), pa.array(values, table.schema.field(name).type))


def _next_key(connection: psycopg.Connection[Any], model: Any) -> int:
    query = f"SELECT max(id) FROM {model._meta.db_table} WHERE id BETWEEN %s AND %s"
    row = connection.execute(query.encode(), [ddl.KEYS_ADDED + 1, ddl.KEYS_OF_OTHERS]).fetchone()
    assert row is not None
    return int(row[0] or ddl.KEYS_ADDED) + 1


def _unit(connection: psycopg.Connection[Any], batch: str) -> str:
    """What the ledger calls what is added to a batch: by the number of times that something was."""
    name = f"{batch} {ADDED}"
    before = sum(unit.startswith(f"{name} ") for unit in ledger.unit_names(connection))
    return f"{name} {before + 1}"
