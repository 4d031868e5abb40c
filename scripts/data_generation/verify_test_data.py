"""The guide's check of all data: by the plans that made them, and by the laws of the record."""

from command import main, tell

from aquamind import database
from aquamind.errors import UserError
from datagen import checks, console
from datagen.checks import plan as promises
from datagen.cli import options


def verify(workers: options.Workers = options.CORES) -> None:
    """Say of every promise of the plans and every law of the record whether it holds; exit code 1 if one does not."""
    dsn = database.url()
    with database.connect(dsn, application_name="aquamind verify") as connection:
        if not promises.planned(connection):
            raise UserError("database", database.redacted(dsn), "It holds no batches of this tool. Run `aquamind run`")
    with console.Steps() as steps:
        verdicts = checks.verify(dsn, workers, steps)
    lines = []
    for verdict in verdicts:
        broken = [", ".join(map(str, row.values())) for row in verdict.rows] or [verdict.meaning] * verdict.offending
        lines.append((verdict.title, f"{verdict.offending:,} offending" if verdict.checked else "none there", broken))
    tell(lines)


if __name__ == "__main__":
    main(verify)
