"""The migrated database has AquaMind's tables, columns, types and keys, and no index that is dead weight."""

import csv
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.test import Client

from apps.history.models import VERSIONS
from apps.infrastructure.models import Geography
from aquamind import admin
from datagen.storage.absent import ADDED_TABLES

pytestmark = pytest.mark.django_db
REFERENCE = Path(__file__).parent / "reference"

COLUMNS = """
SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), CASE WHEN a.attnotnull THEN 'no' ELSE 'yes' END,
       CASE WHEN a.attidentity <> '' THEN 'identity' ELSE coalesce(pg_get_expr(d.adbin, d.adrelid), '') END,
       coalesce((SELECT f.confrelid::regclass || '.' || fa.attname FROM pg_constraint f
                 JOIN pg_attribute fa ON fa.attrelid = f.confrelid AND fa.attnum = f.confkey[1]
                 WHERE f.contype = 'f' AND f.conrelid = c.oid AND f.conkey = ARRAY[a.attnum]), '')
FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND c.relname = ANY(%s)
"""
CONSTRAINTS = """
SELECT conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint
WHERE contype IN ('p', 'u', 'c') AND connamespace = 'public'::regnamespace
UNION ALL
SELECT tablename::text, indexdef FROM pg_indexes WHERE schemaname = 'public' AND indexdef LIKE 'CREATE UNIQUE % WHERE %'
"""
# Columns as text, so that partial indexes and other operator classes stand apart.
INDEXES = """
SELECT indrelid::regclass::text, indexrelid::regclass::text, coalesce(pg_get_expr(indpred, indrelid), ''),
       string_to_array(indclass::text, ' '),
       ARRAY(SELECT pg_get_indexdef(indexrelid, n, true) FROM generate_series(1, indnkeyatts) n)
FROM pg_index JOIN pg_class ON pg_class.oid = indrelid WHERE relnamespace = 'public'::regnamespace
"""


def read(name: str) -> list[dict[str, str]]:
    with open(REFERENCE / name, newline="") as file:
        return list(csv.DictReader(file))


def query(statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters or None)
        return cursor.fetchall()


def nameless(definition: str) -> str:
    """A definition without the name of its index, which may differ."""
    return re.sub(r"UNIQUE INDEX \w+ ON", "UNIQUE INDEX ON", definition)


def test_columns_are_those_of_the_reference() -> None:
    reference = {tuple(row.values()) for row in read("aquamind_columns.csv")}
    tables = sorted({row[0] for row in reference})
    assert len(tables) == 88
    assert sorted(query(COLUMNS, tables)) == sorted(reference)


def test_added_tables_have_the_columns_of_the_later_revision() -> None:
    """Which table a key refers to is told, and not its column."""
    reference = {tuple(row.values()) for row in read("aquamind_2026_columns.csv") if row["table"] in ADDED_TABLES}
    found = {(*row[:-1], row[-1].partition(".")[0]) for row in query(COLUMNS, sorted(ADDED_TABLES))}
    assert found == {(*row[:-1], row[-1].partition(".")[0]) for row in reference}
    assert {table for table, *_ in reference} == ADDED_TABLES


def test_keys_and_checks_of_the_reference_hold() -> None:
    reference = {(row["table_name"], nameless(row["definition"])) for row in read("aquamind_constraints.csv")}
    reference |= {
        (row["table_name"], nameless(row["definition"]))
        for row in read("aquamind_2026_constraints.csv")
        if row["table_name"] in ADDED_TABLES and row["kind"] in ("primary key", "unique", "check")
    }
    ours = {(table, nameless(definition)) for table, definition in query(CONSTRAINTS)}
    assert reference - ours == set()


def test_no_index_repeats_the_front_of_another() -> None:
    tables = {row["table"] for row in read("aquamind_columns.csv")} | ADDED_TABLES
    # Django makes these link tables by itself; they stay small.
    tables = {table for table in tables if "_allowed_" not in table}
    by_table = defaultdict(list)
    for table, *index in query(INDEXES):
        by_table[table].append(index)
    assert tables <= by_table.keys()
    repeats = [
        (shorter, longer)
        for table in tables
        for shorter, condition, classes, columns in by_table[table]
        for longer, other_condition, other_classes, other_columns in by_table[table]
        if longer != shorter
        and condition == other_condition
        and columns == other_columns[: len(columns)]
        and classes == other_classes[: len(classes)]
    ]
    assert repeats == []
    assert not [index for table in tables for index, *_ in by_table[table] if index.endswith("_like")]


def test_readings_carry_five_indexes() -> None:
    columns = {tuple(index[-1]) for index in query(INDEXES) if index[0] == "environmental_environmentalreading"}
    assert columns == {
        ("id", "reading_time"),
        ("batch_container_assignment_id", "parameter_id", "reading_time"),
        ("batch_id", "parameter_id", "reading_time"),
        ("container_id", "parameter_id", "reading_time"),
        ("sensor_id",),
    }


def test_versions_have_what_their_rows_have() -> None:
    """Types and names are those of the tracked table; what a row refers to may be gone."""
    described = defaultdict(set)
    every = [model._meta.db_table for pair in VERSIONS.items() for model in pair]
    for table, column, kind, nullable, _, refers_to in query(COLUMNS, every):
        described[table].add((column, kind, nullable, refers_to))
    own = {
        ("history_id", "integer", "no", ""),
        ("history_date", "timestamp with time zone", "no", ""),
        ("history_change_reason", "character varying(100)", "yes", ""),
        ("history_type", "character varying(1)", "no", ""),
        ("history_user_id", "integer", "yes", "auth_user.id"),
    }
    for model, versions in VERSIONS.items():
        tracked = {(*column, "") for *column, _ in described[model._meta.db_table]}
        assert described[versions._meta.db_table] == tracked | own, versions


def test_models_and_migrations_agree() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@pytest.mark.parametrize("page", ["environmental/environmentalreading", "batch/batch", "users/userprofile"])
def test_admin_lists(admin_client: Client, page: str) -> None:
    assert admin_client.get(f"/admin/{page}/").status_code == 200
    assert admin_client.get(f"/admin/{page}/add/").status_code == 200


def test_admin_estimates_large_tables_and_counts_what_is_filtered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admin, "COUNT_EXACTLY_BELOW", 3)
    Geography.objects.bulk_create(Geography(name=name) for name in ("Faroe Islands", "Scotland", "Test"))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE infrastructure_geography")
    Geography.objects.filter(name="Test").delete()
    count = admin.EstimatingPaginator(Geography.objects.order_by("pk"), 100).count
    assert (count, Geography.objects.count()) == (3, 2)
    assert admin.EstimatingPaginator(Geography.objects.filter(name__gt="G").order_by("pk"), 100).count == 1


def test_an_edit_in_the_admin_leaves_a_version(admin_client: Client, admin_user: User) -> None:
    """As AquaMind leaves one, of logins too: else the law of versions would not hold of what was edited."""
    kept = VERSIONS[Geography].objects.order_by("history_id").values_list("name", "history_type", "history_user")
    admin_client.post("/admin/infrastructure/geography/add/", {"name": "Iceland", "description": ""})
    made = Geography.objects.get(name="Iceland")
    admin_client.post(f"/admin/infrastructure/geography/{made.pk}/change/", {"name": "Norway", "description": ""})
    admin_client.post(f"/admin/infrastructure/geography/{made.pk}/delete/", {"post": "yes"})
    assert list(kept.filter(id=made.pk)) == [
        ("Iceland", "+", admin_user.pk),
        ("Norway", "~", admin_user.pk),
        ("Norway", "-", admin_user.pk),
    ]
    others = [Geography.objects.create(name=name).pk for name in ("Chile", "Canada")]
    every = {"action": "delete_selected", "_selected_action": others, "post": "yes"}
    admin_client.post("/admin/infrastructure/geography/", every)
    assert set(kept.filter(id__in=others)) == {(name, "-", admin_user.pk) for name in ("Chile", "Canada")}
    password = {"password1": "sesame opens", "password2": "sesame opens"}
    admin_client.post("/admin/auth/user/add/", {"username": "new_hand", "usable_password": "true", **password})
    assert VERSIONS[User].objects.filter(username="new_hand", history_type="+").count() == 1
