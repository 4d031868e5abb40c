"""AquaMind's schema into an empty database at once: what Django works out from all migrations, kept as SQL."""

from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.sql import emit_post_migrate_signal
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

SCRIPT = Path(__file__).with_name("schema.sql")
HEADER = "-- What all migrations do to an empty database. Written by `python -m tests.schema`.\n"

NO_CHANGE = ("SELECT", "SAVEPOINT", "RELEASE")


def make() -> None:
    """Make the schema, wholly or not at all; migrations that the script does not have are run after it."""
    with transaction.atomic():
        if not MigrationRecorder(connection).has_table():
            with connection.cursor() as cursor:
                cursor.execute(SCRIPT.read_text(encoding="utf-8"))
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            call_command("migrate", verbosity=0, interactive=False)
        else:
            # Content types and permissions, which follow a migration; what the models were before each takes longer.
            emit_post_migrate_signal(verbosity=0, interactive=False, db=connection.alias)


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

    with transaction.atomic(), connection.execute_wrapper(keep):
        executor = MigrationExecutor(connection)
        executor.migrate(executor.loader.graph.leaf_nodes())
        transaction.set_rollback(True)
    return "".join([HEADER, *(f"{statement};\n" for statement in statements)])
