"""The guide's check of all data: by the plans that made them, and by the laws of the record."""

from command import main, tell

from aquamind import database
from datagen import checks, cli, console, promises


def verify(workers: cli.Workers = cli.CORES) -> None:
    """Say of every promise of the plans and every law of the record whether it holds; exit code 1 if one does not."""
    dsn = database.url()
    with database.connect(dsn, application_name="aquamind verify") as connection:
        batches = promises.planned(connection).values()
        verdicts = [*promises.judge(connection, batches), promises.judge_rows(connection)]
    with console.Steps() as steps:
        laws = checks.verify(dsn, workers, steps)
    lines = [(each.title, f"{each.judged:,} judged", each.broken) for each in verdicts]
    for law in laws:
        broken = [str(row) for row in law.rows] or [law.meaning] * (law.offending > 0)
        lines.append((law.title, f"{law.offending:,} offending" if law.checked else "nothing to judge", broken))
    tell(lines)


if __name__ == "__main__":
    main(verify)
