"""Puts the catalog's master data into the database, by name, and notices where what is there is not the catalog's."""

from collections.abc import Callable, Iterable

from django.db import IntegrityError, connection, transaction
from psycopg.errors import UniqueViolation

from aquamind.errors import UserError
from datagen.catalog import Catalog
from datagen.catalog.reader import closest
from datagen.farm import Farm
from datagen.masterdata import trail
from datagen.masterdata.activities import init_activities
from datagen.masterdata.additions import init_additions
from datagen.masterdata.books import init_books
from datagen.masterdata.broodstock import init_broodstock
from datagen.masterdata.company import (
    init_environment,
    init_feeds,
    init_grades,
    init_infrastructure,
    init_spares,
    init_species,
)
from datagen.masterdata.finance import init_finance
from datagen.masterdata.health import init_health, init_lice, init_treatments
from datagen.masterdata.people import init_users
from datagen.masterdata.rows import WORDS, Created, Difference, Done, Memory, in_memory, insert, merged
from datagen.masterdata.scenario import init_scenario
from datagen.storage import ledger

SUBJECTS: dict[str, Callable[[Catalog, Farm], Created]] = {
    "infrastructure": init_infrastructure,
    "species": lambda catalog, _: init_species(catalog),
    "environment": lambda catalog, _: init_environment(catalog),
    "feeds": lambda catalog, _: init_feeds(catalog),
    "grades": lambda catalog, _: init_grades(catalog),
    "users": lambda catalog, _: init_users(catalog),
    "health": lambda catalog, _: init_health(catalog) | init_lice(catalog) | init_treatments(catalog),
    "broodstock": lambda catalog, _: init_broodstock(catalog),
    "scenario": lambda catalog, _: init_scenario(catalog),
    "finance": lambda catalog, _: init_finance(catalog) | init_books(catalog),
    "activities": lambda catalog, _: init_activities(catalog),
    "additions": init_additions,
}
"""Master data by subject; a subject comes after those it refers to."""

MOST_TOLD = 10
"""Differing values told at once."""

_REFERS_TO = {
    "scenario": {"species"},
    "finance": {"infrastructure", "species", "grades"},
    "activities": {"species"},
    "users": {"infrastructure"},
    "additions": {"infrastructure", "health"},
}


def init(catalog: Catalog, farm: Farm, subjects: Iterable[str] = SUBJECTS) -> Created:
    """Create whatever of these subjects, and of what they refer to, is missing, all or nothing; what was done by table.

    A value on which events rest, and that is neither the catalog's nor may be changed to it, is refused.
    """
    chosen = set(subjects)
    for subject in chosen - SUBJECTS.keys():
        raise UserError("only", subject, closest(subject, list(SUBJECTS)))
    wanted = chosen.union(*(_REFERS_TO.get(subject, ()) for subject in chosen))
    created: Created = {}
    try:
        # No savepoint in the caller's transaction, if there is one: rows are known by that.
        with transaction.atomic(savepoint=False):
            for subject, create in SUBJECTS.items():
                if subject in wanted:
                    created = merged(created, create(catalog, farm))
            _refuse([each for done in created.values() for each in done.different if each.column not in WORDS])
            trail.enter(connection.connection, created)
            ledger.sign_master_data(connection.connection)
    except IntegrityError as error:
        if not isinstance(error.__cause__, UniqueViolation):
            raise
        there = error.__cause__.diag
        cure = "Rename that row, or what the catalog calls it, or choose another database"
        raise UserError(there.table_name or "master data", there.message_detail, cure) from error
    return created


def enter(memory: Memory) -> Created:
    """Write rows that were made for an empty database of our own schema into one, all or nothing."""
    created = {model._meta.db_table: Done(len(rows)) for model, rows in memory.items()}
    with transaction.atomic(savepoint=False):
        for model, rows in memory.items():
            insert(model, rows)
        trail.enter(connection.connection, created)
        ledger.sign_master_data(connection.connection)
    return created


def made(catalog: Catalog, farm: Farm, spares: bool = False) -> Memory:
    """All rows, with or without spares, as an empty database of our own schema would hold them; none is asked."""
    with in_memory() as memory:
        for subject, create in SUBJECTS.items():
            # Those are in columns that only AquaMind's own database has.
            if subject != "additions":
                create(catalog, farm)
        if spares:
            init_spares(catalog, farm)
    return memory


def _refuse(different: list[Difference]) -> None:
    if not different:
        return
    lines = [str(each) for each in different[:MOST_TOLD]]
    if len(different) > 1:
        more = ", the first are" if len(different) > MOST_TOLD else ""
        lines = ["\n  ".join([f"{len(different):,} values are not the catalog's{more}", *lines]) + "\n "]
    cures = []
    if any(each.own for each in different):
        cures.append("The record was made with what is there: give the --catalog of then, or run `aquamind wipe` first")
    if not all(each.own for each in different):
        cures.append("What this tool did not write, or not so, it leaves: make the row and the catalog the same")
    raise UserError("master data", None, f"{lines[0]}{' ' if len(different) > 1 else '. '}{'. '.join(cures)}")
