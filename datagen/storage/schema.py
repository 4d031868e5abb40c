"""AquaMind's schema into an empty database at once: what Django works out from all migrations, kept as SQL."""

from pathlib import Path
from typing import Any

from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.core.management.sql import emit_post_migrate_signal
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Model
from psycopg import sql

SCRIPT = Path(__file__).with_name("schema.sql")
HEADER = "-- What all migrations do to an empty database. Written by `python -m tests.schema`.\n"

NO_CHANGE = ("SELECT", "SAVEPOINT", "RELEASE")


def make() -> None:
    """Make the schema, wholly or not at all; where Django has been at work already, by its migrations."""
    with transaction.atomic():
        if MigrationRecorder(connection).has_table():
            call_command("migrate", verbosity=0, interactive=False)
        else:
            # Without loading migrations, which takes a quarter of a second: a test has the script be what they make.
            with connection.cursor() as cursor:
                cursor.execute(SCRIPT.read_text(encoding="utf-8"))


def script() -> str:
    """What all migrations do to an empty database, this one, which stays empty, and that they are done."""
    statements: list[str] = []

    def keep(execute: Any, statement: Any, parameters: Any, *rest: Any) -> Any:
        text = str(statement).strip().rstrip(";")
        if text.startswith(f'INSERT INTO "{MigrationRecorder.Migration._meta.db_table}"'):
            app, name, _ = parameters
            statements.append(f"INSERT INTO django_migrations (app, name, applied) VALUES ('{app}', '{name}', now())")
        elif not text.startswith(NO_CHANGE):
            if parameters:
                raise ValueError(f"a migration's statement with parameters: {text}")
            statements.append(text)
        return execute(statement, parameters, *rest)

    with transaction.atomic():
        with connection.execute_wrapper(keep):
            executor = MigrationExecutor(connection)
            executor.migrate(executor.loader.graph.leaf_nodes())
        # Content types and permissions, which follow a migration.
        emit_post_migrate_signal(verbosity=0, interactive=False, db=connection.alias)
        statements += _entered(ContentType), _entered(Permission)
        transaction.set_rollback(True)
    return "".join([HEADER, *(f"{statement};\n" for statement in statements)])


def _entered(model: type[Model]) -> str:
    """A statement that enters the rows of a table, which get the keys that they have."""
    columns = [field.attname for field in model._meta.concrete_fields if not field.primary_key]
    rows = model._default_manager.order_by("pk").values_list(*columns)
    values = ",\n".join(f"({', '.join(sql.Literal(value).as_string() for value in row)})" for row in rows)
    return f"INSERT INTO {model._meta.db_table} ({', '.join(columns)}) VALUES\n{values}"
