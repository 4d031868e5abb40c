"""What is written can be read back, is there wholly or not at all, and what was dropped comes back the same."""

import dataclasses
import datetime as dt
import itertools
import json
import os
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pyarrow as pa
import pytest
from django.apps import apps
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest_django import DjangoDbBlocker

from apps.environmental.models import EnvironmentalReading
from apps.infrastructure.models import Geography
from apps.users.models import UserProfile
from aquamind import database
from aquamind.errors import UserError
from aquamind.server import LOCK, EmbeddedServer
from datagen import runs
from datagen.execution import Here, Task
from datagen.runs import preflight
from datagen.storage import arrow, changes, ddl, ledger, postgres, schema
from datagen.storage.arrow import FixedPoint, TableHash, columns, record_batch
from tests.loaded import django_on
from tests.worlds import Silent, case_of, small_plan

JSON_TEXT = st.text("xé\\\"'\n", max_size=4)
Connection = psycopg.Connection[Any]
MODELS = [model for model in apps.get_models() if model.__module__.startswith("apps.")]
TABLES = [model._meta.db_table for model in MODELS]
MOMENT = dt.datetime(2025, 3, 30, 1, 59, 59, 999_999, tzinfo=dt.UTC)
IDENTITY = ledger.Identity(seed=1, as_of="2025-11-21", plan_hash="p", catalog_hash="c", version="1")


@pytest.fixture
def run(connection: Connection) -> int:
    return ledger.begin(connection, IDENTITY, {})


def readings(rows: int = 3, **given: Any) -> pa.RecordBatch:
    values = {"id": np.arange(1, rows + 1), "parameter_id": 1, "value": 8.25, "reading_time": MOMENT}
    return record_batch(EnvironmentalReading, rows, **(values | {"created_at": MOMENT} | given))


def geographies(*names: str) -> pa.RecordBatch:
    ids = np.arange(1, len(names) + 1)
    return record_batch(
        Geography, len(names), id=ids, name=list(names), description="", created_at=MOMENT, updated_at=MOMENT
    )


def test_the_schema_kept_is_what_the_migrations_make(
    server: EmbeddedServer, django_db_blocker: DjangoDbBlocker
) -> None:
    """If not: `python -m tests.schema`."""
    server.create_database("unmigrated")
    with django_db_blocker.unblock(), django_on(server.url("unmigrated")):
        assert schema.script() == schema.SCRIPT.read_text(encoding="utf-8")


def test_only_what_has_changed_of_a_unit_is_carried(connection: Connection, run: int) -> None:
    made = 0

    def carry(old: list[str], new: list[str], same: tuple[str, ...] = ()) -> dict[str, int]:
        def was(changed: set[str]) -> Iterator[Any]:
            nonlocal made
            assert changed == {table}
            made += 1
            yield Geography, geographies(*old)

        now = [(Geography, geographies(*new))] if new else []
        return changes.apply(connection, run, "unit", was, now, None, same).touched

    def there() -> list[str]:
        return [name for (name,) in connection.execute("SELECT name FROM infrastructure_geography ORDER BY id")]

    table = "infrastructure_geography"
    assert carry([], ["A", "B", "C"]) == {table: 3}
    assert (carry(["A", "B", "C"], ["A", "B", "C"]), made) == ({table: 0}, 0)
    assert carry(["A", "B", "C"], ["A", "D", "C", "E"]) == {table: 2}
    assert there() == ["A", "D", "C", "E"]
    # What only grew tells itself what it was.
    assert (carry([], ["A", "D", "C", "E", "F"]), made) == ({table: 1}, 1)
    assert there() == ["A", "D", "C", "E", "F"]
    with pytest.raises(changes.OtherContentError):
        carry(["A", "B", "C", "E", "F"], ["A"])
    carry([], [], same=(table,))
    assert there() == ["A", "D", "C", "E", "F"]
    assert carry(["A", "D", "C", "E", "F"], []) == {table: 5}
    assert ledger.units(connection) == {"unit": {table: changes.content(Geography, None)}}


def value_of(column: arrow.Column) -> st.SearchStrategy[Any]:  # noqa: PLR0911 - one for each type
    """Any value that a column can hold, its limits among them."""
    kind = column.type
    if pa.types.is_decimal64(kind):
        most = 10**kind.precision - 1
        return st.integers(-most, most).map(lambda units: Decimal(units).scaleb(-kind.scale))
    if pa.types.is_integer(kind):
        return st.integers(-(2 ** (kind.bit_width - 1)), 2 ** (kind.bit_width - 1) - 1)
    if pa.types.is_string(kind) and column.is_json:
        return st.dictionaries(st.sampled_from("abø"), st.none() | st.integers(-9, 9) | JSON_TEXT)
    if pa.types.is_string(kind):
        letters = st.characters(codec="utf-8", exclude_characters="\0")
        return st.text(letters, max_size=min(column.max_length or 40, 40))
    if pa.types.is_timestamp(kind):
        return st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2200, 1, 1), timezones=st.just(dt.UTC))
    if pa.types.is_date32(kind):
        return st.dates(dt.date(1900, 1, 1), dt.date(2200, 1, 1))
    if pa.types.is_time(kind):
        return st.times()
    if pa.types.is_boolean(kind):
        return st.booleans()
    if pa.types.is_floating(kind):
        return st.floats(allow_nan=False, allow_infinity=False)
    return st.binary(min_size=16, max_size=16)


def kinds() -> list[Any]:
    """One model for each type of column, so that together they hold them all, nullable and not."""
    chosen, seen = [], set[tuple[str, bool]]()
    for model in MODELS:
        if new := {(str(column.type), column.nullable) for column in columns(model).values()} - seen:
            seen |= new
            chosen.append(model)
    return chosen


@pytest.fixture(scope="module")
def bare(new_database: Callable[[], str]) -> Iterator[Connection]:
    """A database whose tables take any value: copies without keys, checks and foreign keys."""
    with database.connect(new_database(), autocommit=True) as connection:
        for table in TABLES:
            connection.execute(f"CREATE TEMPORARY TABLE {table} (LIKE public.{table})".encode())
        connection.execute("SET timezone = 'UTC'")
        ledger.prepare(connection)
        ledger.begin(connection, IDENTITY, {})
        yield connection


@pytest.mark.parametrize("model", kinds(), ids=lambda model: model._meta.db_table)
def test_what_is_written_is_read_back(bare: Connection, model: Any) -> None:
    @settings(max_examples=10, deadline=None, derandomize=True, database=None)
    @given(st.data())
    def check(data: st.DataObject) -> None:
        rows = data.draw(st.integers(1, 4))
        given: dict[str, list[Any]] = {}
        for name, column in columns(model).items():
            one = st.none() | value_of(column) if column.nullable else value_of(column)
            given[name] = data.draw(st.lists(one, min_size=rows, max_size=rows))
        bare.execute(f"TRUNCATE {model._meta.db_table}".encode())
        bare.execute("TRUNCATE datagen.unit CASCADE")
        postgres.write(bare, 1, "unit", [(model, record_batch(model, rows, **given))])
        names = ", ".join(f'"{name}"' for name in given)
        found = bare.execute(f"SELECT {names} FROM {model._meta.db_table}".encode()).fetchall()
        assert found == list(zip(*given.values(), strict=True))

    check()


@settings(max_examples=200, derandomize=True, database=None)
@given(st.lists(st.floats(-99_999, 99_999) | st.just(float("nan")), min_size=1))
def test_floats_become_decimals_rounded_half_to_even(values: list[float]) -> None:
    column = columns(EnvironmentalReading)["value"]
    nullable = dataclasses.replace(column, nullable=True, default=None)
    found = arrow._convert(nullable, np.array(values)).to_pylist()
    unit = Decimal("0.0001")
    # The scaled float is the one that is rounded: exact decimals of binary fractions hold more digits than were meant.
    wanted = [None if np.isnan(v) else Decimal(v * 10_000).quantize(Decimal(1), ROUND_HALF_EVEN) * unit for v in values]
    assert found == wanted


def test_all_that_numpy_offers_is_taken() -> None:
    days = np.array(["2025-03-30T01:00", "NaT"], "datetime64[m]")
    batch = readings(
        2,
        value=FixedPoint(np.array([12_345, -1])),
        batch_id=np.ma.array([1, 2], mask=[True, False]),
        reading_time=np.array([0, 1]),
        notes=np.array(["a", "ø"]),
        is_manual=np.array([True, False]),
        container_id=pa.array([None, 7]),
        recorded_by_id=np.int64(4),
    )
    assert batch["value"].to_pylist() == [Decimal("1.2345"), Decimal("-0.0001")]
    assert batch["batch_id"].to_pylist() == [None, 2]
    assert batch["reading_time"].cast(pa.int64()).to_pylist() == [0, 1]
    assert batch["notes"].to_pylist() == ["a", "ø"]
    assert batch["is_manual"].to_pylist() == [True, False]
    assert batch["container_id"].to_pylist() == [None, 7]
    assert batch["recorded_by_id"].to_pylist() == [4, 4]
    assert batch["sensor_id"].null_count == 2
    with pytest.raises(ValueError, match=r"reading_time: NULL in row 1 of a NOT NULL"):
        readings(2, reading_time=days)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"valve": 1}, "has no column valve"),
        ({"value": [1.0, 2.0]}, r"value: 2 values for 3 rows"),
        ({"value": np.array([1.0, np.nan, 2.0])}, r"value: NULL in row 1"),
        ({"value": np.array([1.0, 1e6, 2.0])}, r"value: 1000000\.0 has more digits"),
        ({"value": 999_999.99995}, r"value: .* has more digits"),
        ({"value": Decimal("1000000")}, r"value: "),
        ({"value": np.inf}, r"value: inf has more digits"),
        ({"value": FixedPoint(np.array([1, 2, 10**10]))}, r"value: 10000000000 / 10000 has more digits"),
        ({"value": np.array([1, 2, -(10**6)])}, r"value: -1000000 has more digits"),
        ({"recorded_by_id": 2**31}, r"recorded_by_id: 2147483648 does not fit int32"),
        ({"batch_id": np.array([1.5, 2, 3])}, r"batch_id: whole numbers wanted"),
        ({"reading_time": dt.datetime(2025, 1, 1)}, r"reading_time: 2025-01-01 00:00:00 has no time zone"),
        ({"reading_time": None}, r"reading_time: NULL in row 0"),
    ],
)
def test_values_that_a_column_cannot_hold_are_named(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"environmental_environmentalreading.*{message}"):
        readings(3, **given)


def test_a_column_without_default_must_be_given() -> None:
    with pytest.raises(ValueError, match=r"infrastructure_geography\.created_at: no value given"):
        record_batch(Geography, 1, id=1, name="x", description="", updated_at=MOMENT)


def test_text_is_measured_in_characters() -> None:
    assert geographies("ø" * 100)["name"][0].as_py() == "ø" * 100
    with pytest.raises(ValueError, match=r"infrastructure_geography\.name: 'ø+' is longer than 100"):
        geographies("ø" * 101)


def hash_of(model: Any, batch: pa.RecordBatch) -> str:
    table = TableHash(model)
    table.update(batch)
    return table.hexdigest()


@settings(max_examples=50, derandomize=True, database=None)
@given(st.lists(st.integers(0, 20), max_size=5))
def test_the_hash_does_not_depend_on_chunks(cuts: list[int]) -> None:
    batch = readings(
        20,
        value=np.arange(20.0),
        batch_id=np.ma.array(np.arange(20), mask=np.arange(20) % 3 == 0),
        notes=["", "ø", "abc", "d"] * 5,
        is_manual=np.arange(20) % 2 == 0,
    )
    whole = hash_of(EnvironmentalReading, batch)
    edges = [0, *sorted(cuts), 20]
    table = TableHash(EnvironmentalReading)
    for start, end in itertools.pairwise(edges):
        table.update(batch.slice(start, end - start))
    assert table.hexdigest() == whole


def test_the_hash_of_text_that_may_be_null_does_not_depend_on_chunks() -> None:
    titles = ["Manager", None, "Vet", ""] * 5
    batch = record_batch(
        UserProfile, 20, id=np.arange(20), user_id=1, job_title=titles, created_at=MOMENT, updated_at=MOMENT
    )
    table = TableHash(UserProfile)
    for start in range(20):
        table.update(batch.slice(start, 1))
    assert table.hexdigest() == hash_of(UserProfile, batch)


def test_the_hash_changes_with_any_value() -> None:
    plain: dict[str, Any] = {"value": [1.0, 2.0, 3.0], "notes": ["a", "b", "c"], "batch_id": [1, 0, 3]}
    changes: list[dict[str, Any]] = [
        {},
        {"id": [1, 2, 4]},
        {"value": [1.0, 2.0, 3.0001]},
        {"value": [2.0, 1.0, 3.0]},
        {"notes": ["ab", "", "c"]},
        {"batch_id": [1, None, 3]},
        {"is_manual": [False, True, False]},
        {"reading_time": MOMENT + dt.timedelta(microseconds=1)},
        {"container_id": 1},
        {"sensor_id": 1},
    ]
    hashes = [hash_of(EnvironmentalReading, readings(3, **(plain | change))) for change in changes]
    assert len(set(hashes)) == len(changes)


def test_a_unit_is_written_wholly_or_not_at_all(connection: Connection, run: int) -> None:
    def failing() -> Iterator[tuple[Any, pa.RecordBatch]]:
        yield Geography, geographies("Faroe Islands", "Scotland")
        raise RuntimeError("killed")

    with pytest.raises(RuntimeError, match="killed"):
        postgres.write(connection, run, "unit", failing())
    assert connection.execute("SELECT count(*) FROM infrastructure_geography").fetchone() == (0,)
    assert ledger.units(connection) == {}

    batch = geographies("Faroe Islands", "Scotland")
    nobody = pa.RecordBatch.from_pylist([], schema=arrow.schema(UserProfile))
    tables = [(Geography, batch.slice(0, 1)), (UserProfile, nobody), (Geography, batch.slice(1))]
    contents = postgres.write(connection, run, "unit", tables)
    assert contents["infrastructure_geography"] == ledger.Content(2, hash_of(Geography, batch))
    assert ledger.units(connection) == {"unit": contents}
    # Written once more, nothing is doubled, and what is there is told.
    assert postgres.write(connection, run, "unit", [(Geography, geographies("x"))]) == contents
    assert connection.execute("SELECT count(*) FROM infrastructure_geography").fetchone() == (2,)


def test_an_interrupted_run_is_taken_up_and_another_refused(connection: Connection, run: int) -> None:
    assert ledger.begin(connection, IDENTITY, {}) == run
    with pytest.raises(UserError, match=r"interrupted.*differs in seed \(seed 1\)"):
        ledger.begin(connection, ledger.Identity(2, "2025-11-21", "p", "c", "1"), {})
    ledger.finish(connection, run)
    assert ledger.begin(connection, IDENTITY, {}) == run
    ledger.finish(connection, run)
    assert ledger.begin(connection, dataclasses.replace(IDENTITY, seed=2), {}) > run


def test_the_status_does_not_depend_on_the_order_of_units(connection: Connection, run: int) -> None:
    first, second = geographies("Faroe Islands"), geographies("x", "Scotland").slice(1)
    postgres.write(connection, run, "a", [(Geography, first)])
    postgres.write(connection, run, "b", [(Geography, second)])
    one = ledger.status(connection)
    connection.execute("TRUNCATE infrastructure_geography CASCADE")
    connection.execute("TRUNCATE datagen.unit CASCADE")
    postgres.write(connection, run, "b", [(Geography, second)])
    postgres.write(connection, run, "a", [(Geography, first)])
    other = ledger.status(connection)
    assert one["tables"]["infrastructure_geography"]["rows"] == 2
    assert json.dumps(one) == json.dumps(other)


DEFINITIONS = """
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), convalidated, 'constraint'
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL
    SELECT indrelid::regclass::text, indexrelid::regclass::text, pg_get_indexdef(indexrelid), indisvalid, 'index'
    FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid WHERE relnamespace = 'public'::regnamespace
    UNION ALL
    SELECT attrelid::regclass::text, attname, '', attnotnull, 'column'
    FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND attnum > 0
    ORDER BY 1, 2, 3, 5
"""


def definitions(connection: Connection) -> list[tuple[Any, ...]]:
    return connection.execute(DEFINITIONS).fetchall()


def test_an_index_is_built_with_full_pages_and_its_definition_is_as_it_was(connection: Connection) -> None:
    connection.execute("CREATE TABLE packed AS SELECT generate_series(1, 20000) AS x")
    found = []
    for options in ("", " WITH (fillfactor='90')"):
        definition = f"CREATE INDEX packed_x ON public.packed USING btree (x){options}"
        ddl.perform(connection, ddl.Task("index", "public.packed", "packed_x", definition, 1.0))
        size = "SELECT pg_get_indexdef(oid), pg_relation_size(oid) FROM pg_class WHERE relname = 'packed_x'"
        found += connection.execute(size).fetchall()
        assert found[-1][0] == definition
        connection.execute("DROP INDEX packed_x")
    connection.execute("DROP TABLE packed")
    assert found[0][1] < 0.95 * found[1][1]


def test_what_is_dropped_comes_back_the_same_even_after_an_abort(
    connection: Connection, run: int, fresh_database: str
) -> None:
    before = definitions(connection)
    connection.execute("CREATE TABLE outside (geography bigint REFERENCES infrastructure_geography)")
    connection.execute("CREATE TABLE parts (LIKE outside) PARTITION BY LIST (geography)")
    connection.execute("CREATE TABLE part_1 PARTITION OF parts FOR VALUES IN (1)")
    connection.execute("ALTER TABLE parts ADD FOREIGN KEY (geography) REFERENCES infrastructure_geography")
    dropped = ddl.drop_secondary(connection, TABLES)
    assert dropped > 400
    assert ddl.drop_secondary(connection, TABLES) == 0
    postgres.write(connection, run, "unit", [(Geography, geographies("Faroe Islands", "Scotland"))])

    class Killed(BaseException):
        pass

    # Interrupted at every tenth of the way, then dropped once more where empty, then finished.
    for limit in np.arange(0.0, 1.0, 0.1):

        def abort(_what: str, share: float, limit: float = limit) -> None:
            if share > limit:
                raise Killed

        with pytest.raises(Killed):
            ddl.rebuild(fresh_database, TABLES, 2, abort)
        assert ledger.status(connection)["dropped"]
        if limit == 0.5:
            ddl.drop_secondary(connection, TABLES)
    shares: list[float] = []
    ddl.rebuild(fresh_database, TABLES, 2, lambda _what, share: shares.append(share))
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1.0)
    assert ledger.status(connection)["dropped"] == []
    connection.execute("DROP TABLE outside, parts")
    assert definitions(connection) == before
    added = connection.execute(
        "INSERT INTO infrastructure_geography (name, description, created_at, updated_at)"
        " VALUES ('x', '', now(), now()) RETURNING id"
    )
    assert added.fetchone() == (ddl.KEYS_OF_OTHERS + 1,)


def test_others_work_once_only_what_they_do_without_is_away(
    connection: Connection, run: int, fresh_database: str
) -> None:
    ddl.drop_secondary(connection, TABLES, foreign_keys=False)
    last, told = {"public.environmental_environmentalreading"}, list[str]()

    def away(_: None, piece: int) -> tuple[int, set[str]]:
        return piece, {each["table_name"] for each in ledger.status(connection)["dropped"] if each["kind"] != "key"}

    with (
        ddl.rebuilding(fresh_database, TABLES, 2, lambda what, _: told.append(what), lambda t: t.table in last) as rest,
        Here(nullcontext) as here,
    ):
        rest.until_last()
        assert away(None, 0)[1] <= last
        done = list(rest.beside(here, [Task(1, away, (piece,)) for piece in range(3)]))
        assert sorted(task.arguments[0] for task, _ in done) == sorted(piece for _, (piece, _) in done) == [0, 1, 2]
        assert all(left <= last for _, (_, left) in done)
        assert away(None, 0)[1] == set()
    assert ledger.status(connection)["dropped"] == []
    # Nobody waits for statistics alone in the end.
    assert told[-1].startswith("index ")


def test_of_some_tables_alone_the_rest_stays_away(connection: Connection, run: int, fresh_database: str) -> None:
    """Somebody else may be building it."""
    before = definitions(connection)
    ddl.drop_secondary(connection, TABLES, foreign_keys=False)
    readings_table = EnvironmentalReading._meta.db_table
    dropped = {each["table_name"] for each in ledger.status(connection)["dropped"]}
    ddl.rebuild(fresh_database, [readings_table], alone=True)
    left = {each["table_name"] for each in ledger.status(connection)["dropped"]}
    assert dropped - left == {f"public.{readings_table}"}
    ddl.rebuild(fresh_database, TABLES)
    assert definitions(connection) == before


def test_rows_that_break_a_key_stop_the_rebuild(connection: Connection, run: int, fresh_database: str) -> None:
    ddl.drop_secondary(connection, TABLES)
    postgres.write(connection, run, "unit", [(EnvironmentalReading, readings(3))])
    with pytest.raises(psycopg.errors.ForeignKeyViolation, match="parameter_id"):
        ddl.rebuild(fresh_database, TABLES)
    left = ledger.status(connection)["dropped"]
    assert ("validation", "public.environmental_environmentalreading") in {(d["kind"], d["table_name"]) for d in left}


def test_a_filled_table_keeps_its_keys(connection: Connection, run: int) -> None:
    postgres.write(connection, run, "unit", [(Geography, geographies("Faroe Islands"))])
    before = definitions(connection)
    assert ddl.drop_secondary(connection, ["infrastructure_geography"]) == 0
    assert definitions(connection) == before


def test_every_difference_to_the_target_is_in_one_error(connection: Connection) -> None:
    preflight.check_target(connection, MODELS)
    connection.execute("ALTER TABLE infrastructure_geography ALTER name TYPE varchar(200)")
    preflight.check_target(connection, MODELS)
    connection.execute("ALTER TABLE infrastructure_geography ALTER name TYPE varchar(99)")
    connection.execute("ALTER TABLE infrastructure_geography ADD code text NOT NULL, DROP description")
    connection.execute("ALTER TABLE environmental_environmentalreading ALTER value TYPE numeric(10,3)")
    connection.execute("DROP TABLE users_userprofile CASCADE")
    with pytest.raises(UserError) as caught:
        preflight.check_target(connection, MODELS)
    for fault in (
        "infrastructure_geography.name is character varying(99), not character varying(100)",
        "infrastructure_geography.code (text) must be filled",
        "infrastructure_geography.description is missing",
        "environmental_environmentalreading.value is numeric(10,3), not numeric(10,4)",
        "table users_userprofile is missing",
    ):
        assert fault in str(caught.value)
    assert str(caught.value).count(";") == 4


def test_a_load_that_the_disk_cannot_hold_is_refused(connection: Connection) -> None:
    preflight.check_space(connection, 1)
    with pytest.raises(UserError, match=r"GB are needed"):
        preflight.check_space(connection, 10**18)


def test_what_is_refused_when_the_plan_is_lived_leaves_an_empty_database_empty(
    server: EmbeddedServer, django_db_blocker: DjangoDbBlocker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Schema and master data are made while it is."""
    monkeypatch.setattr(preflight, "free_bytes", lambda _: 0)
    server.create_database("refused")
    dsn = server.url("refused")
    with django_db_blocker.unblock(), django_on(dsn), pytest.raises(UserError, match="GB are needed"):
        runs.execute(runs.Job(dsn, case_of(small_plan(batches=1)), 1), Silent())
    with database.connect(dsn) as connection:
        ours = "SELECT count(*) FROM pg_class WHERE relnamespace::regnamespace::text IN ('public', 'datagen')"
        assert connection.execute(ours).fetchone() == (0,)


def test_the_second_run_hears_who_holds_the_database(fresh_database: str) -> None:
    with database.connect(fresh_database, autocommit=True) as second:
        with database.connect(fresh_database, autocommit=True, application_name="aquamind run") as first:
            postgres.hold(first)
            with pytest.raises(UserError, match=rf"session {first.info.backend_pid} \(aquamind run, since 20"):
                postgres.hold(second)
        # A closed connection frees it, as soon as the server has seen that.
        for _ in range(50):
            try:
                postgres.hold(second)
                break
            except UserError:
                threading.Event().wait(0.02)
        else:
            pytest.fail("still held")


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:sesame@127.0.0.1:9/db",
        "postgresql://me:ses@me@127.0.0.1/db",
        "postgresql://me:sesame/1@127.0.0.1/db",
        "postgresql://me:12/sesame@127.0.0.1/db",
        "postgresql://me:sesame%zz@127.0.0.1/db",
        "postgresql://me:sesame@127.0.0.1:9",
        "postgresql://127.0.0.1:9/db?user=me&password=sesame",
        "mysql://me:sesame@127.0.0.1/db",
        "sesame",
    ],
)
def test_no_error_shows_a_password(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    with pytest.raises(UserError) as caught:
        database.connect()
    assert "sesame" not in str(caught.value)
    assert "ses@me" not in str(caught.value)
    assert "sesame" not in database.redacted(url)


def test_what_is_said_of_the_embedded_server_can_be_given_as_its_url(fresh_database: str) -> None:
    with psycopg.connect(fresh_database) as given, psycopg.connect(database.redacted(fresh_database)) as said:
        assert said.info.dbname == given.info.dbname


def test_the_embedded_server_is_its_owners_alone_and_survives_a_kill() -> None:
    with tempfile.TemporaryDirectory() as home:
        server = EmbeddedServer(Path(home))
        with pytest.raises(ValueError, match="a mistake"), server.expected():
            raise ValueError("a mistake")
        assert [each.name for each in Path(home).iterdir()] == [LOCK]
        try:
            with server.expected():
                pass
            survive(server)
        finally:
            server.stop("immediate")


def survive(server: EmbeddedServer) -> None:
    server.start()
    server.create_database("kept")
    with database.connect(server.url("kept"), autocommit=True) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
        assert connection.execute("SHOW fsync").fetchone() == ("on",)
        connection.execute("CREATE TABLE fish AS SELECT 1 AS id")
        connection.execute("SET synchronous_commit = on")
        connection.execute("INSERT INTO fish VALUES (2)")
    assert server.home.stat().st_mode & 0o077 == 0
    assert server.cluster.stat().st_mode & 0o077 == 0
    os.kill(int((server.cluster / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
    server.start()
    with database.connect(server.url("kept")) as connection:
        assert connection.execute("SELECT count(*) FROM fish").fetchone() == (2,)


def test_the_embedded_server_leaves_directories_of_others_alone(tmp_path: Path) -> None:
    (tmp_path / "letter").touch()
    mode = tmp_path.stat().st_mode
    with pytest.raises(UserError, match=r"AQUAMIND_DATA_DIR.*Holds other things"):
        EmbeddedServer(tmp_path).start()
    assert tmp_path.stat().st_mode == mode
