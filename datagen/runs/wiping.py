"""Operational rows out of a database; infrastructure and master data stay."""

from typing import Any

import psycopg

from aquamind.errors import UserError
from datagen.storage import ddl, ledger

MASTER_DATA = frozenset(
    (
        "infrastructure_geography",
        "infrastructure_area",
        "infrastructure_areagroup",
        "infrastructure_transportcarrier",
        "infrastructure_freshwaterstation",
        "infrastructure_hall",
        "infrastructure_containertype",
        "infrastructure_container",
        "infrastructure_sensor",
        "infrastructure_feedcontainer",
        "environmental_environmentalparameter",
        "batch_species",
        "batch_lifecyclestage",
        "inventory_feed",
        "harvest_productgrade",
        "health_healthparameter",
        "health_parameterscoredefinition",
        "health_sampletype",
        "health_vaccinationtype",
        "health_mortalityreason",
        "health_licetype",
        "broodstock_eggsupplier",
        "users_userprofile",
        "users_userprofile_allowed_areas",
        "users_userprofile_allowed_stations",
        "users_userprofile_allowed_containers",
        "scenario_temperatureprofile",
        "scenario_temperaturereading",
        "scenario_tgcmodel",
        "scenario_tgc_model_stage",
        "scenario_fcrmodel",
        "scenario_fcrmodelstage",
        "scenario_fcr_model_stage_override",
        "scenario_mortalitymodel",
        "scenario_mortality_model_stage",
        "scenario_biological_constraints",
        "scenario_stage_constraint",
        "planning_activitytemplate",
        "finance_dimcompany",
        "finance_dimsite",
        "finance_intercompanypolicy",
        "finance_core_accountgroup",
        "finance_core_account",
        "finance_core_allocationrule",
    )
)
"""What stays: everything else of our apps is operational."""

APPS = frozenset(
    (
        "infrastructure",
        "batch",
        "environmental",
        "inventory",
        "health",
        "harvest",
        "broodstock",
        "scenario",
        "finance",
        "planning",
        "users",
        "history",
    )
)


def operational_tables(connection: psycopg.Connection[Any]) -> list[str]:
    """The operational tables of our apps that the database has."""
    from django.apps import apps

    ours = {m._meta.db_table for m in apps.get_models() if m._meta.app_label in APPS} - MASTER_DATA - kept_versions()
    there = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    return sorted(ours & {table for (table,) in there})


def kept_versions() -> set[str]:
    """Tables of versions of what stays: master data and logins."""
    from apps.history.models import VERSIONS

    stays = {*MASTER_DATA, "auth_user"}
    return {versions._meta.db_table for model, versions in VERSIONS.items() if model._meta.db_table in stays}


def batches(connection: psycopg.Connection[Any]) -> int:
    """How many batches a wipe would delete; a database without our tables is refused."""
    if "batch_batch" not in operational_tables(connection):
        raise UserError("database", connection.info.dbname, "It has no AquaMind tables. Run `aquamind init` first")
    row = connection.execute("SELECT count(*) FROM batch_batch").fetchone()
    assert row is not None
    return int(row[0])


def wipe(connection: psycopg.Connection[Any], dsn: str, unlink: bool = False) -> None:
    """Empty the operational tables and the ledger in one transaction; bring back whatever was dropped for a load.

    Rows of others that refer to them are in the way, unless they are to be unlinked: then they go as well.
    """
    tables = operational_tables(connection)
    ledger.prepare(connection)
    with connection.transaction():
        ddl.empty(connection, tables, unlink)
        ledger.forget(connection)
    ddl.rebuild(dsn, tables)
