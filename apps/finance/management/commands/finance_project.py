"""`python manage.py finance_project`: harvest facts and intercompany transactions from the record."""

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.finance.projection import MissingMasterDataError, project


class Command(BaseCommand):
    """Rebuild the facts and transactions; run twice, the second time changes nothing."""

    help = "Rebuild harvest facts and intercompany transactions from the record; changes only what differs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--as-of",
            type=date.fromisoformat,
            help="day by which the age, and so the state, of new transactions is counted"
            " (default: the last of each batch's record)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            changes = project(options["as_of"])
        except MissingMasterDataError as error:
            raise CommandError(str(error)) from error
        for each in changes:
            self.stdout.write(
                f"{each.table}: {each.rows:,} rows, {each.created:,} created, {each.updated:,} updated,"
                f" {each.deleted:,} deleted"
            )
