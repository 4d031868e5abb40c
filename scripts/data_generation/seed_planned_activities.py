"""The guide's seeding of planned activities: those of active batches, replaced by what the record says today."""

import typer
from command import main

from aquamind import database
from aquamind.errors import UserError
from datagen.cli import keeping
from datagen.runs import preflight
from datagen.storage import ledger, postgres


def seed() -> None:
    """Seed planned activities for every active batch with a scenario; again, it changes nothing."""
    keeping.init(only=["activities"])
    from apps.batch.models import Batch
    from datagen.runs import analysis

    if not Batch.objects.exists():
        cure = "It has no batches. Run 04_batch_orchestrator_parallel.py --execute first"
        raise UserError("database", database.redacted(database.url()), cure)
    with database.connect(autocommit=True, application_name="aquamind analyse") as connection:
        postgres.hold(connection)
        preflight.check_session(connection)
        ledger.prepare(connection)
        typer.echo(f"{analysis.plan_activities(connection):,} planned activities of active batches")


if __name__ == "__main__":
    main(seed)
