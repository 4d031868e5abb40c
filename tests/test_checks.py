"""The laws hold on generated data, and each of them notices one wrong row."""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any, NamedTuple

import psycopg
import pytest
from pytest_django import DjangoDbBlocker

from aquamind import database
from aquamind.errors import NothingJudgedError, UserError
from aquamind.server import EmbeddedServer
from datagen import checks, runs
from datagen.case import Case
from datagen.runs import analysis
from tests.loaded import django_on
from tests.worlds import AS_OF, Silent, company, small_plan

Connection = psycopg.Connection[Any]


class Break(NamedTuple):
    """One statement that breaks a law, and the other laws that it cannot help breaking."""

    check: str
    statement: str
    also: frozenset[str] = frozenset()


def broken(check: str, statement: str, *also: str) -> Any:
    return pytest.param(Break(check, " ".join(statement.split()), frozenset(also)), id=f"{check}: {statement[:40]}")


OPEN = "(SELECT max(id) FROM batch_batchcontainerassignment WHERE departure_date IS NULL)"
CLOSED = "(SELECT min(id) FROM batch_batchcontainerassignment)"
RING = "(SELECT min(assignment_id) FROM harvest_harvestevent)"
A_READING = "(SELECT max(id) FROM environmental_environmentalreading)"
A_MEAL = "(SELECT min(id) FROM inventory_feedingevent WHERE amount_kg > 5)"
FORECASTS = "UPDATE batch_containerforecastsummary SET"
LAST_DAY_AHEAD = "(SELECT max(id) FROM batch_liveforwardprojection)"
PROJECTIONS = "UPDATE batch_liveforwardprojection SET"
OF_THE_LAST = f"WHERE id = {LAST_DAY_AHEAD}"
A_RUN = "(SELECT min(run_id) FROM scenario_projection_run)"
A_LIFT = "(SELECT max(id) FROM batch_transferaction)"
A_SAMPLED_DAY = "(SELECT min(id) FROM batch_actualdailyassignmentstate WHERE anchor_type = 'growth_sample')"

BREAKS = [
    broken(
        "fish_of_batches",
        f"UPDATE batch_batchcontainerassignment SET population_count = population_count + 1 WHERE id = {OPEN}",
        "fish_of_assignments",
        "assignment_biomass",
    ),
    broken(
        "fish_of_assignments",
        "UPDATE batch_mortalityevent SET count = count + 1 WHERE id = (SELECT min(id) FROM batch_mortalityevent)",
        "fish_of_batches",
        "daily_states",
        "valuations",
    ),
    broken(
        "fish_placed",
        f"UPDATE batch_batchcontainerassignment SET population_count = population_count + 1 WHERE id = {CLOSED}",
    ),
    broken(
        "assignment_biomass",
        f"UPDATE batch_batchcontainerassignment SET biomass_kg = biomass_kg + 1 WHERE id = {CLOSED}",
    ),
    broken(
        "transfer_totals",
        "UPDATE batch_batchtransferworkflow SET total_mortality_count = total_mortality_count + 1 WHERE id = 1",
    ),
    broken(
        "transfer_totals",
        "UPDATE batch_batchtransferworkflow SET total_biomass_kg = total_biomass_kg + 0.01 WHERE id = 1",
    ),
    broken(
        "transfer_totals",
        "UPDATE batch_batchtransferworkflow SET status = 'PLANNED' WHERE id = 1",
        "transfers_ahead",
    ),
    broken(
        "transfers_ahead",
        "UPDATE batch_batchtransferworkflow SET status = 'CANCELLED' WHERE id = 1",
        "transfer_totals",
    ),
    broken(
        "transfer_sources",
        "UPDATE batch_transferaction SET source_population_before = source_population_before + 1 WHERE id = 1",
    ),
    broken("transfer_grading", "UPDATE batch_transferaction SET selection_method = 'LARGEST' WHERE id = 1"),
    broken(
        "transfer_route",
        "UPDATE batch_transferaction SET dest_assignment_id = source_assignment_id WHERE id = 1",
        "fish_placed",
        "fish_of_assignments",
        "daily_states",
        "feed_biomass",
    ),
    broken(
        "transfer_route",
        "UPDATE batch_transferaction SET actual_execution_date = actual_execution_date + 1 WHERE id = 1",
        "daily_states",
    ),
    broken(
        "egg_deliveries",
        "UPDATE batch_creationworkflow SET total_eggs_received = total_eggs_received + 1",
        "scenarios",
        "egg_lots",
    ),
    broken("egg_deliveries", "UPDATE batch_creationworkflow SET status = 'IN_PROGRESS' WHERE id = 1", "batches_ahead"),
    broken(
        "egg_lots",
        "UPDATE broodstock_eggproduction SET egg_count = egg_count + 1 WHERE source_type = 'external'",
    ),
    broken(
        "egg_lots",
        "UPDATE broodstock_eggproduction SET production_date = production_date + interval '60 days' WHERE id = 1",
    ),
    broken("egg_lots", "DELETE FROM broodstock_batchparentage WHERE id = 1"),
    broken(
        "egg_lots",
        "UPDATE broodstock_externaleggbatch SET supplier_id = (SELECT id FROM broodstock_eggsupplier other"
        " WHERE other.id <> supplier_id LIMIT 1)",
    ),
    broken(
        "batches_ahead",
        "UPDATE batch_creationworkflow SET status = 'PLANNED', progress_percentage = 0 WHERE id = 1",
    ),
    broken(
        "batches_ahead",
        """INSERT INTO batch_creationworkflow SELECT (jsonb_populate_record(one, '{"id": 1000000, "status": "CANCELLED",
        "workflow_number": "2", "total_eggs_received": 0, "progress_percentage": 0}')).*
        FROM batch_creationworkflow one WHERE id = 1""",
        "numbers",
    ),
    broken("mixes", "UPDATE batch_batch SET batch_type = 'MIXED' WHERE id = 1", "numbers", "transfer_route"),
    broken(
        "mixes",
        "INSERT INTO batch_batchcomposition (mixed_batch_id, source_batch_id, percentage, population_count, biomass_kg,"
        " created_at) VALUES (1, 2, 100, 1, 1, now())",
    ),
    broken(
        "mix_events",
        "INSERT INTO batch_batchmixevent (mixed_batch_id, container_id, mixed_at, notes, created_at, updated_at)"
        " VALUES (1, 1, now(), '', now(), now())",
    ),
    broken("area_groups", "UPDATE infrastructure_areagroup SET geography_id = 2 WHERE code = 'FO-NO'"),
    broken(
        "area_groups",
        """UPDATE infrastructure_areagroup SET parent_id = (SELECT id FROM infrastructure_areagroup
        WHERE code = 'FO-NO') WHERE code = 'FO'""",
    ),
    broken("parents", "UPDATE broodstock_breedingpair SET progeny_count = progeny_count - 1"),
    broken("parents", "UPDATE broodstock_breedingpair SET male_fish_id = female_fish_id"),
    broken("parents", "UPDATE broodstock_breedingtraitpriority SET priority_weight = 0.9 WHERE trait_name = 'size'"),
    broken(
        "parents",
        "UPDATE broodstock_fishmovement SET to_container_id = from_container_id WHERE movement_date ="
        " (SELECT max(movement_date) FROM broodstock_fishmovement)",
    ),
    broken("upkeep", "UPDATE broodstock_maintenancetask SET completed_date = scheduled_date - interval '1 day'"),
    broken(
        "upkeep",
        "UPDATE broodstock_maintenancetask SET completed_date = NULL WHERE id = (SELECT min(id) FROM"
        " broodstock_maintenancetask)",
    ),
    broken(
        "feed_balance",
        """UPDATE inventory_feedcontainerstock SET quantity_kg = quantity_kg + 0.01 WHERE id = (SELECT max(stock.id)
        FROM inventory_feedcontainerstock stock JOIN inventory_feedpurchase bought ON bought.id = feed_purchase_id
        WHERE stock.quantity_kg BETWEEN 1 AND bought.quantity_kg - 1)""",
    ),
    broken(
        "feed_stock",
        "UPDATE inventory_feedcontainerstock SET entry_date = entry_date + interval '40 days' WHERE id = 1",
    ),
    broken("feed_capacity", "UPDATE infrastructure_feedcontainer SET capacity_kg = 50"),
    broken(
        "feed_purchases",
        """INSERT INTO inventory_feedcontainerstock (id, quantity_kg, entry_date, created_at, updated_at,
        feed_container_id, feed_purchase_id) SELECT 1000000, 0, entry_date, created_at, updated_at,
        feed_container_id, feed_purchase_id FROM inventory_feedcontainerstock LIMIT 1""",
        "feed_balance",
    ),
    broken("feed_given", f"UPDATE inventory_feedingevent SET feed_cost = 0 WHERE id = {A_MEAL}", "cost_imports"),
    broken(
        "feed_given",
        f"UPDATE inventory_feedingevent SET feed_cost = 2 * feed_cost WHERE id = {A_MEAL}",
        "cost_imports",
    ),
    broken(
        "feed_given",
        f"UPDATE inventory_feedingevent SET feeding_percentage = feeding_percentage + 0.002 WHERE id = {A_MEAL}",
    ),
    broken(
        "feed_given",
        f"UPDATE inventory_feedingevent SET feed_id = (SELECT max(id) FROM inventory_feed) WHERE id = {A_MEAL}",
        "feed_balance",
        "feed_stock",
    ),
    broken(
        "feed_biomass",
        """UPDATE inventory_feedingevent meal SET batch_biomass_kg = 1.5 * batch_biomass_kg, feeding_percentage =
        feeding_percentage / 1.5 WHERE id = (SELECT min(meal.id) FROM inventory_feedingevent meal JOIN
        batch_growthsample ON assignment_id = batch_assignment_id AND sample_date = feeding_date)""",
    ),
    broken(
        "feed_missing",
        f"DELETE FROM inventory_feedingevent WHERE batch_assignment_id = {RING}",
        "feed_balance",
        "daily_states",
        "feeding_summaries",
        "cost_imports",
    ),
    broken(
        "containers_shared",
        f"""INSERT INTO batch_batchcontainerassignment (id, batch_id, container_id, lifecycle_stage_id,
        population_count, biomass_kg, assignment_date, departure_date, is_active, notes, created_at, updated_at)
        SELECT 1000000, batch_id, container_id, lifecycle_stage_id, 0, 0, assignment_date + 80, departure_date,
        false, '', created_at, updated_at FROM batch_batchcontainerassignment WHERE id = {CLOSED}""",
        "readings",
        "daily_states",
    ),
    broken(
        "containers_overloaded",
        """UPDATE infrastructure_container SET max_biomass_kg = 10 WHERE id = (SELECT container_id FROM
        batch_batchcontainerassignment ORDER BY id LIMIT 1)""",
    ),
    broken(
        "containers_overloaded",
        f"""UPDATE infrastructure_container SET max_biomass_kg = fullest.kg - 0.01 FROM (SELECT container_id,
        max(batch_biomass_kg) AS kg FROM inventory_feedingevent WHERE batch_assignment_id = {RING} GROUP BY 1) fullest
        WHERE id = container_id""",
    ),
    broken(
        "lice_counts",
        f"UPDATE health_licecount SET assignment_id = {CLOSED} WHERE id = 1",
        "days_within_assignments",
    ),
    broken(
        "containers_of_stages",
        f"UPDATE batch_batchcontainerassignment SET lifecycle_stage_id = 6 WHERE id = {CLOSED}",
        "daily_states",
        "feed_missing",
        "transfer_route",
    ),
    broken(
        "days_within_record",
        """UPDATE health_journalentry SET entry_date = '2025-11-22 08:00Z' WHERE id = (SELECT max(id) FROM
        health_journalentry)""",
    ),
    broken(
        "days_within_assignments",
        "UPDATE batch_growthsample SET sample_date = sample_date - 90 WHERE id = 1",
        "daily_states",
    ),
    broken(
        "days_within_assignments",
        "UPDATE batch_mortalityevent SET assignment_id = NULL WHERE id = 1",
        "fish_of_assignments",
        "daily_states",
        "valuations",
    ),
    broken(
        "days_within_assignments",
        f"UPDATE inventory_feedingevent SET batch_id = (SELECT max(id) FROM batch_batch) WHERE id = {A_MEAL}",
    ),
    broken(
        "weights",
        """UPDATE batch_growthsample SET avg_weight_g = 0.6 * avg_weight_g WHERE id = (SELECT max(id) FROM
        batch_growthsample)""",
        "growth_samples",
        "daily_states",
        "feed_biomass",
    ),
    broken(
        "weights",
        f"""UPDATE batch_transferaction SET measured_avg_weight_g = 0.6 * measured_avg_weight_g WHERE id = {A_LIFT}""",
    ),
    broken("readings", f"DELETE FROM environmental_environmentalreading WHERE id = {A_READING}"),
    broken("readings", f"UPDATE environmental_environmentalreading SET value = 300 WHERE id = {A_READING}"),
    broken(
        "readings",
        """UPDATE datagen.content SET rows = rows + 1 WHERE table_name = 'environmental_environmentalreading' AND unit =
        (SELECT min(batch_number) FROM batch_batch)""",
    ),
    broken(
        "readings",
        f"""UPDATE environmental_environmentalreading SET reading_time = reading_time - interval '1 day' WHERE id =
        {A_READING}""",
    ),
    broken(
        "readings",
        f"""UPDATE environmental_environmentalreading SET reading_time = reading_time + interval '1 day' WHERE id =
        {A_READING}""",
    ),
    broken(
        "readings",
        f"UPDATE environmental_environmentalreading SET parameter_id = parameter_id - 1 WHERE id = {A_READING}",
    ),
    broken(
        "readings",
        """UPDATE environmental_environmentalreading SET reading_time = reading_time + CASE
        WHEN reading_time::date = '2023-06-01' THEN interval '1 day' ELSE interval '-1 day' END
        WHERE sensor_id = (SELECT min(sensor_id) FROM environmental_environmentalreading)
        AND reading_time IN ('2023-06-01 08:00Z', '2023-06-21 08:00Z')""",
    ),
    broken(
        "readings",
        """DELETE FROM environmental_environmentalreading WHERE sensor_id = (SELECT min(sensor_id) FROM
        environmental_environmentalreading)""",
    ),
    broken("growth_samples", "DELETE FROM batch_individualgrowthobservation WHERE id = 1"),
    broken("growth_samples", "UPDATE batch_individualgrowthobservation SET weight_g = weight_g + 0.31 WHERE id = 1"),
    broken("health_checks", "UPDATE health_individualfishobservation SET weight_g = weight_g + 1 WHERE id = 1"),
    broken("health_checks", "DELETE FROM health_individualfishobservation WHERE id = 1"),
    broken("health_scores", "DELETE FROM health_fishparameterscore WHERE id = 1"),
    broken("health_scores", "UPDATE health_fishparameterscore SET score = 4 WHERE id = 1"),
    broken("lice_counts", "UPDATE health_licecount SET count_value = count_value + 1 WHERE id = 1"),
    broken("lice_counts", "UPDATE health_licecount SET fish_sampled = 0 WHERE id = 1"),
    broken(
        "treatments",
        """UPDATE health_treatment SET withholding_period_days = 400 WHERE treatment_type <> 'vaccination' AND id =
        (SELECT max(id) FROM health_treatment WHERE treatment_type <> 'vaccination')""",
    ),
    broken(
        "treatments",
        "UPDATE health_treatment SET vaccination_type_id = NULL WHERE id = (SELECT min(id) FROM health_treatment)",
        "treatments_missing",
    ),
    broken(
        "treatments",
        "UPDATE health_treatment SET treatment_type = 'physical' WHERE id = (SELECT min(id) FROM health_treatment)",
        "treatments_missing",
    ),
    broken("treatments_missing", "DELETE FROM health_treatment WHERE id = (SELECT min(id) FROM health_treatment)"),
    broken(
        "treatments_missing",
        """DELETE FROM health_treatment WHERE id = (SELECT max(id) FROM health_treatment WHERE treatment_type <>
        'vaccination')""",
    ),
    broken(
        "harvest_lots",
        "UPDATE harvest_harvestlot SET unit_count = unit_count + 1 WHERE id = 1",
        "fish_of_batches",
        "fish_of_assignments",
        "harvest_facts",
    ),
    broken("harvest_lots", "UPDATE harvest_harvestlot SET fillet_weight_kg = live_weight_kg WHERE id = 1"),
    broken("harvest_facts", "UPDATE finance_factharvest SET quantity_kg = quantity_kg + 0.001 WHERE fact_id = 1"),
    broken("harvest_facts", "UPDATE finance_factharvest SET dim_site_id = dim_site_id + 1 WHERE fact_id = 1"),
    broken("harvest_facts", "DELETE FROM finance_factharvest WHERE fact_id = 1"),
    broken("batch_status", "UPDATE batch_batch SET status = 'ACTIVE' WHERE status = 'COMPLETED'", "activities"),
    broken("batch_status", "UPDATE batch_batch SET actual_end_date = actual_end_date - 1 WHERE status = 'COMPLETED'"),
    broken("batch_status", "UPDATE batch_batch SET status = 'PLANNED' WHERE status = 'COMPLETED'", "batches_ahead"),
    broken(
        "batch_status",
        "UPDATE batch_batch SET status = 'PLANNED' WHERE status = 'ACTIVE'",
        "batches_ahead",
        "forecasts",
    ),
    broken(
        "batch_status",
        "UPDATE batch_batch SET lifecycle_stage_id = 1 WHERE id = (SELECT max(id) FROM batch_batch)",
    ),
    broken(
        "batch_status", f"UPDATE batch_batchcontainerassignment SET is_active = false WHERE id = {OPEN}", "forecasts"
    ),
    broken("numbers", "UPDATE batch_batchtransferworkflow SET workflow_number = workflow_number || 'x' WHERE id = 1"),
    broken("numbers", "UPDATE batch_creationworkflow SET workflow_number = 'CRT-1' WHERE id = 1"),
    broken("numbers", "UPDATE harvest_harvestevent SET document_ref = 'HRV' WHERE id = 1"),
    broken("numbers", "UPDATE batch_batch SET batch_number = 'FAR-1999-001' WHERE id = 1"),
    broken("numbers", "UPDATE batch_batch SET batch_number = 'FAX' || substr(batch_number, 4) WHERE id = 1"),
    broken("scenarios", "UPDATE batch_batch SET pinned_projection_run_id = NULL WHERE id = 1"),
    broken("scenarios", "UPDATE scenario SET initial_count = initial_count - 1 WHERE scenario_id = 1"),
    broken(
        "projections",
        f"DELETE FROM scenario_scenarioprojection WHERE projection_run_id = {A_RUN} AND day_number = 300",
    ),
    broken(
        "projections",
        f"""UPDATE scenario_scenarioprojection SET average_weight = 0 WHERE projection_run_id = {A_RUN} AND day_number
        = 300""",
    ),
    broken("projections", f"UPDATE scenario_projection_run SET final_weight_g = 1 WHERE run_id = {A_RUN}"),
    broken("transactions", "UPDATE finance_intercompanytransaction SET amount = amount + 0.01 WHERE tx_id = 1"),
    broken("transactions", "DELETE FROM finance_intercompanytransaction WHERE tx_id = 2"),
    broken("transactions", "UPDATE finance_intercompanytransaction SET currency = 'USD' WHERE tx_id = 2"),
    broken(
        "transactions",
        "UPDATE batch_batchtransferworkflow SET finance_transaction_id = NULL WHERE is_intercompany",
    ),
    broken(
        "activities",
        "DELETE FROM planning_plannedactivity WHERE id = (SELECT min(id) FROM planning_plannedactivity)",
    ),
    broken(
        "activities",
        """UPDATE planning_plannedactivity SET due_date = due_date + 1 WHERE id = (SELECT min(id) FROM
        planning_plannedactivity WHERE activity_type = 'HARVEST')""",
    ),
    broken(
        "activities",
        """UPDATE planning_plannedactivity SET completed_at = completed_at + interval '30 days' WHERE id = (SELECT
        min(id) FROM planning_plannedactivity WHERE status = 'COMPLETED')""",
    ),
    broken(
        "activities",
        """UPDATE planning_plannedactivity SET completed_at = NULL WHERE id = (SELECT min(id) FROM
        planning_plannedactivity WHERE status = 'COMPLETED')""",
    ),
    broken(
        "daily_states",
        """DELETE FROM batch_actualdailyassignmentstate WHERE id = (SELECT min(id) FROM
        batch_actualdailyassignmentstate)""",
    ),
    broken(
        "daily_states",
        f"DELETE FROM batch_actualdailyassignmentstate WHERE assignment_id = {OPEN}",
        "forecasts",
        "valuations",
    ),
    broken(
        "daily_states",
        """UPDATE batch_actualdailyassignmentstate SET population = 2 * population WHERE id = (SELECT min(id) FROM
        batch_actualdailyassignmentstate)""",
    ),
    broken(
        "daily_states",
        """UPDATE batch_actualdailyassignmentstate SET feed_kg = feed_kg + 1 WHERE id = (SELECT max(id) FROM
        batch_actualdailyassignmentstate)""",
    ),
    broken(
        "daily_states",
        """UPDATE batch_actualdailyassignmentstate SET avg_weight_g = 20, biomass_kg = population * 0.02 WHERE id =
        (SELECT min(id) + 9 FROM batch_actualdailyassignmentstate WHERE avg_weight_g > 30)""",
    ),
    broken(
        "daily_states",
        f"UPDATE batch_actualdailyassignmentstate SET anchor_type = NULL WHERE id = {A_SAMPLED_DAY}",
    ),
    broken(
        "daily_states",
        f"""UPDATE batch_actualdailyassignmentstate SET avg_weight_g = avg_weight_g + 0.01, biomass_kg = population *
        (avg_weight_g + 0.01) / 1000 WHERE id = {A_SAMPLED_DAY}""",
    ),
    broken(
        "feeding_summaries",
        """UPDATE inventory_containerfeedingsummary SET total_feed_kg = total_feed_kg + 1 WHERE id = (SELECT max(id)
        FROM inventory_containerfeedingsummary)""",
    ),
    broken(
        "feeding_summaries",
        """UPDATE inventory_batchfeedingsummary SET total_feed_kg = total_feed_kg + 1 WHERE id = (SELECT max(id) FROM
        inventory_batchfeedingsummary)""",
    ),
    broken(
        "feeding_summaries",
        """UPDATE inventory_containerfeedingsummary SET period_start = period_start - 7, total_feed_kg = 0,
        growth_kg = 0, fcr = NULL WHERE id = (SELECT max(id) FROM inventory_containerfeedingsummary)""",
    ),
    broken(
        "feeding_summaries",
        "DELETE FROM inventory_batchfeedingsummary WHERE id IN (SELECT max(id) FROM inventory_batchfeedingsummary)",
    ),
    broken(
        "exports",
        """UPDATE finance_navexportline SET amount = amount + 0.01 WHERE line_id IN (SELECT max(line_id) FROM
        finance_navexportline)""",
    ),
    broken(
        "exports",
        "DELETE FROM finance_navexportline WHERE line_id IN (SELECT max(line_id) FROM finance_navexportline)",
    ),
    broken("exports", "UPDATE finance_navexportbatch SET date_from = date_from + 31, date_to = date_to + 31"),
    broken("cost_centers", "DELETE FROM finance_core_costcenterbatchlink WHERE batch_id = 2"),
    broken("cost_centers", "UPDATE finance_core_costcenter SET is_active = true WHERE cost_center_type = 'PROJECT'"),
    broken("cost_centers", "UPDATE finance_core_costcenter SET cost_center_type = 'OTHER' WHERE cost_center_id = 68"),
    broken(
        "cost_imports",
        "UPDATE finance_core_costimportline SET amount = amount + 0.01 WHERE cost_group_code = 'FEED'",
        "valuations",
    ),
    broken("cost_imports", "DELETE FROM finance_core_costimportline WHERE cost_group_code = 'EGGS'", "valuations"),
    broken("cost_imports", "UPDATE inventory_feedingevent SET feed_cost = feed_cost + 0.01 WHERE id = 9"),
    broken("cost_imports", "UPDATE finance_core_costimportbatch SET total_amount = total_amount - 1"),
    broken(
        "valuations",
        "UPDATE finance_core_valuationrun SET biology_snapshot = jsonb_set(biology_snapshot, '{biomass_kg}', '1')"
        " WHERE run_id = (SELECT max(run_id) FROM finance_core_valuationrun)",
    ),
    broken(
        "valuations",
        "UPDATE finance_core_valuationrun SET allocation_snapshot = jsonb_set(allocation_snapshot, '{site}', '0.01')"
        " WHERE run_id = (SELECT max(run_id) FROM finance_core_valuationrun)",
    ),
    broken("valuations", "UPDATE finance_core_valuationrun SET completed_at = completed_at - interval '9 days'"),
    broken("period_locks", "DELETE FROM finance_core_periodlock WHERE period_lock_id = 1"),
    broken("period_locks", "UPDATE finance_core_periodlock SET is_locked = false WHERE period_lock_id = 1"),
    broken("period_locks", "DELETE FROM finance_core_valuationrun WHERE run_id = 1"),
    broken("budgets", "UPDATE finance_core_budget SET created_at = created_at + interval '60 days'"),
    broken("budgets", "UPDATE finance_core_budget SET status = 'DRAFT' WHERE budget_id = 1"),
    broken("budgets", "DELETE FROM finance_core_budgetentry WHERE month = 7"),
    broken("exports", "UPDATE finance_intercompanytransaction SET state = 'posted' WHERE state = 'exported'"),
    broken(
        "death_reasons",
        """UPDATE health_mortalityrecord SET count = count + 1 WHERE id IN (SELECT min(id) FROM
        health_mortalityrecord)""",
    ),
    broken("death_reasons", "DELETE FROM health_mortalityrecord"),
    broken(
        "weather",
        """DELETE FROM environmental_weatherdata WHERE id IN (SELECT min(id) FROM environmental_weatherdata
        WHERE timestamp > '2024-03-01')""",
    ),
    broken("forecasts", f"DELETE FROM batch_containerforecastsummary WHERE assignment_id = {OPEN}", "live_projections"),
    broken("forecasts", f"{FORECASTS} current_population = current_population + 1"),
    broken("forecasts", f"{FORECASTS} needs_planning_attention = NOT needs_planning_attention"),
    broken("forecasts", f"{FORECASTS} has_planned_transfer = NOT has_planned_transfer"),
    broken("forecasts", f"{FORECASTS} projected_transfer_date = projected_transfer_date + 1"),
    broken("forecasts", f"{FORECASTS} original_harvest_date = original_harvest_date + 1"),
    broken("live_projections", f"DELETE FROM batch_liveforwardprojection WHERE id = {LAST_DAY_AHEAD}"),
    broken("live_projections", f"{PROJECTIONS} projection_date = projection_date - 1 {OF_THE_LAST}"),
    broken("live_projections", f"{PROJECTIONS} projected_biomass_kg = projected_biomass_kg + 1 {OF_THE_LAST}"),
    broken("live_projections", f"{PROJECTIONS} temperature_used_c = temperature_used_c + 1 {OF_THE_LAST}"),
    broken("weather", "DELETE FROM environmental_photoperioddata WHERE date > '2024-03-01'"),
    broken("weather", "UPDATE environmental_photoperioddata SET day_length_hours = 12 WHERE day_length_hours < 12"),
    broken("stage_transitions", "DELETE FROM environmental_stagetransitionenvironmental WHERE id = 1"),
    broken("stage_transitions", "UPDATE environmental_stagetransitionenvironmental SET temperature = temperature + 3"),
    broken("journal", "UPDATE health_journalentry SET entry_date = entry_date - interval '2 years' WHERE id = 1"),
    broken(
        "journal",
        """UPDATE health_journalentry SET resolution_notes = '' WHERE id = (SELECT min(id) FROM health_journalentry
        WHERE resolution_status)""",
    ),
    broken("versions", "UPDATE batch_creationaction SET notes = 'later' WHERE id = 1"),
    broken("versions", "UPDATE batch_historicalbatch SET lifecycle_stage_id = 1 WHERE history_type = '~'"),
    broken("versions", "DELETE FROM batch_historicalcreationaction WHERE id = 1"),
    broken("versions", "UPDATE batch_historicalbatch SET history_type = '+'"),
    broken("versions", "UPDATE health_historicaltreatment SET outcome = 'pending'"),
    broken("versions", "UPDATE infrastructure_historicalhall SET name = 'Z' WHERE id = 1"),
    broken("versions", "DELETE FROM batch_historicaltransferaction WHERE id = 1"),
    broken(
        "versions",
        """UPDATE batch_historicalbatchcontainerassignment SET history_date = history_date + interval '3 years'
        WHERE history_type = '+'""",
    ),
]

PLAN_BREAKS = [
    broken("plan_batches", "DELETE FROM batch_batch WHERE id = 1", "plan_rows"),
    broken("plan_starts", "UPDATE batch_batch SET start_date = start_date - 1 WHERE id = 1", "plan_fish"),
    broken("plan_starts", "UPDATE batch_creationworkflow SET workflow_number = 'CRT-1' WHERE id = 1"),
    broken(
        "plan_eggs",
        "UPDATE batch_creationworkflow SET total_eggs_received = total_eggs_received + 1 WHERE id = 1",
    ),
    broken("plan_containers", f"UPDATE batch_batchcontainerassignment SET container_id = 2 WHERE id = {OPEN}"),
    broken("plan_containers", f"DELETE FROM batch_batchcontainerassignment WHERE id = {OPEN}", "plan_rows"),
    broken("plan_stages", "UPDATE batch_batch SET lifecycle_stage_id = 1 WHERE status = 'ACTIVE'"),
    broken("plan_harvests", "UPDATE harvest_harvestlot SET unit_count = 2 * unit_count WHERE id = 2"),
    broken(
        "plan_fish",
        """UPDATE batch_actualdailyassignmentstate SET population = 2 * population WHERE id = (SELECT min(id) FROM
        batch_actualdailyassignmentstate WHERE day_number = 91)""",
    ),
    broken("plan_rows", "DELETE FROM health_treatment WHERE id = 1"),
    # The law about them judges nothing of a table without rows.
    broken("plan_rows", "DELETE FROM environmental_environmentalreading"),
    broken(
        "plan_rows",
        """INSERT INTO health_licecount SELECT (jsonb_populate_record(one, '{"id": 1000000}')).* FROM health_licecount
        one WHERE id = 1""",
    ),
    broken("plan_rows", "DELETE FROM inventory_batchfeedingsummary WHERE batch_id = 2 AND period_start > '2025-11-01'"),
]


@pytest.fixture(scope="module")
def world(new_database: Callable[[], str], django_db_blocker: DjangoDbBlocker) -> str:
    """A harvested batch and one of 340 days, in two containers a stage and with as few fish, analysed and planned."""
    catalog, farm = company()
    plan = small_plan(batches=2, stagger_days=290, containers=2)
    batches = plan.batches[0], plan.batches[2]
    dsn = new_database()
    with django_db_blocker.unblock(), django_on(dsn):
        runs.execute(runs.Job(dsn, Case(catalog, farm, replace(plan, batches=batches)), 1), Silent())
        analysis.analyse(dsn, None, 1, Silent())
        with database.connect(dsn, autocommit=True) as connection:
            analysis.plan_activities(connection)
    return dsn


@pytest.fixture(scope="module")
def session(world: str) -> Iterator[Connection]:
    with database.connect(world) as connection:
        yield connection


@pytest.fixture
def prepared(session: Connection) -> Iterator[Connection]:
    """A transaction that is rolled back, in which laws can be judged and rows left without their parents."""
    checks.prepare(session)
    session.execute("SET LOCAL session_replication_role = replica")
    yield session
    session.rollback()


def law(name: str) -> checks.Check:
    return next(check for check in checks.checks() if check.name == name)


def offending(connection: Connection) -> set[str]:
    return {check.name for check in checks.checks() if checks.judge(connection, check).offending}


def test_every_law_holds_and_has_something_to_say(world: str) -> None:
    verdicts = checks.verify(world, 2, Silent())
    laws = [verdict.name for verdict in verdicts if not verdict.name.startswith("plan_")]
    assert laws == [check.name for check in checks.checks()]
    assert len(laws) < len(verdicts)
    assert {verdict.name: verdict.rows for verdict in verdicts if verdict.offending} == {}
    # Where life is planned, no batches are mixed.
    assert [verdict.name for verdict in verdicts if not verdict.checked] == ["mix_events"]


def test_every_law_has_a_case_that_breaks_it() -> None:
    assert {case.values[0].check for case in BREAKS} == {check.name for check in checks.checks()}


def test_every_promise_has_a_case_that_breaks_it(session: Connection) -> None:
    named = {verdict.name for verdict in checks.judge_plans(session)}
    session.rollback()
    assert {case.values[0].check for case in PLAN_BREAKS} == named


@pytest.mark.parametrize("case", BREAKS)
def test_one_wrong_row_is_noticed(prepared: Connection, case: Break) -> None:
    assert prepared.execute(case.statement.encode()).rowcount > 0
    table = re.match(r"(?:UPDATE|DELETE FROM|INSERT INTO) ([\w.]+)", case.statement)
    assert table is not None
    # Laws that do not read the table find what they found before.
    readers = [check for check in checks.checks() if re.search(rf"\b{table[1]}\b", check.query)]
    # What is changed by hand is not what its versions tell, whatever else is wrong with it.
    besides = {"versions"} - {case.check}
    caught = {check.name for check in readers if check.name not in besides and checks.judge(prepared, check).offending}
    assert caught == {case.check} | case.also


@pytest.mark.parametrize("case", PLAN_BREAKS)
def test_what_the_plan_did_not_say_is_noticed(prepared: Connection, case: Break) -> None:
    assert prepared.execute(case.statement.encode()).rowcount > 0
    broken = [verdict for verdict in checks.judge_plans(prepared) if verdict.offending]
    assert {verdict.name for verdict in broken} == {case.check} | case.also
    assert all(set(verdict.rows[0]) == {"not kept"} for verdict in broken)


def test_weighings_tell_the_load_but_for_their_error(prepared: Connection) -> None:
    prepared.execute("UPDATE infrastructure_container SET max_biomass_kg = 0")
    loads = f"SELECT (container, day), biomass_kg FROM ({law('containers_overloaded').query}) load WHERE known_by = %s"
    by_meal = dict(prepared.execute(loads.encode(), ["meal"]).fetchall())
    by_weighing = dict(prepared.execute(loads.encode(), ["weighing"]).fetchall())
    both = [float(by_weighing[at] / by_meal[at]) for at in by_weighing if at in by_meal]
    assert len(both) > 100
    # Less by 5.5 standard errors of a mean of 30 fish, whose weights differ by 16-22 %.
    assert all(0.7 < share < 0.97 for share in both)


@pytest.mark.parametrize(("share", "offending"), [(1.15, 0), (1.5, 1)])
def test_a_sample_may_be_heavy_by_chance(prepared: Connection, share: float, offending: int) -> None:
    """The last sample of a ring that was full on that day is by so much heavier than all of its fish."""
    prepared.execute(
        f"""CREATE TEMP TABLE load ON COMMIT DROP AS SELECT sample.id AS sample_id, meal.container_id,
        batch_biomass_kg AS kg, 1000 * batch_biomass_kg / population AS weight_g FROM batch_growthsample sample
        JOIN inventory_feedingevent meal ON batch_assignment_id = sample.assignment_id AND feeding_date = sample_date
        JOIN batch_actualdailyassignmentstate state ON state.assignment_id = sample.assignment_id AND date = sample_date
        WHERE sample.assignment_id = {RING} ORDER BY sample_date DESC LIMIT 1""".encode()
    )
    prepared.execute("UPDATE infrastructure_container SET max_biomass_kg = kg FROM load WHERE container_id = id")
    prepared.execute(
        "UPDATE batch_growthsample SET avg_weight_g = %s * weight_g FROM load WHERE sample_id = id", [share]
    )
    query = f"SELECT known_by FROM ({law('containers_overloaded').query}) load WHERE known_by = 'weighing'"
    assert len(prepared.execute(query.encode()).fetchall()) == offending


def test_all_offending_rows_are_counted_and_the_first_are_named(prepared: Connection) -> None:
    prepared.execute("UPDATE batch_batchcontainerassignment SET biomass_kg = 0")
    stays = prepared.execute("SELECT count(*) FROM batch_batchcontainerassignment").fetchone()
    verdict = checks.judge(prepared, law("assignment_biomass"))
    assert stays == (verdict.offending,)
    assert len(verdict.rows) == checks.SHOWN_ROWS
    assert verdict.rows[0]["batch_number"].startswith("FAR-")
    assert verdict.rows[0]["biomass_kg"] == 0


def test_a_batch_is_judged_by_the_day_of_its_own_run(prepared: Connection) -> None:
    """Of two runs in a database, one may end earlier; both days are in the ledger, whatever was recorded last."""
    prepared.execute("DELETE FROM environmental_environmentalreading WHERE batch_id = 1")
    checks.prepare(prepared)
    assert not checks.judge(prepared, law("days_within_record")).offending
    prepared.execute(
        """WITH earlier AS (INSERT INTO datagen.run (seed, as_of, plan_hash, catalog_hash, version, parameters)
        SELECT seed, as_of - 30, plan_hash, catalog_hash, version, parameters FROM datagen.run RETURNING id)
        UPDATE datagen.unit SET run = earlier.id FROM earlier WHERE unit = (SELECT batch_number FROM batch_batch
        WHERE status = 'ACTIVE')"""
    )
    checks.prepare(prepared)
    late = prepared.execute(law("days_within_record").query.encode()).fetchall()
    assert {number for *_, number in late} == {"FAR-2024-002"}
    assert {day for _, _, day, _ in late} == {AS_OF - timedelta(days) for days in range(30)}


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "America/Los_Angeles"])
def test_a_record_of_other_hands_is_judged_in_any_time_zone(world: str, zone: str) -> None:
    """Without the ledger nothing happened after today, and a batch is complete up to its latest reading, in UTC."""
    with database.connect(world, options=f"-c timezone={zone}") as connection:
        connection.execute("DROP SCHEMA datagen CASCADE")
        checks.prepare(connection)
        assert offending(connection) == set()
        connection.execute("UPDATE batch_mortalityevent SET event_date = 'tomorrow' WHERE id = 1")
        assert checks.judge(connection, law("days_within_record")).offending == 1
        connection.rollback()


def test_a_company_may_have_other_names_and_stages(prepared: Connection) -> None:
    """Codes are no letters of a name, and the sea is no number of a stage."""
    prepared.execute("UPDATE infrastructure_geography SET name = 'Nordland' WHERE name = 'Faroe Islands'")
    prepared.execute('UPDATE batch_lifecyclestage SET "order" = "order" + 10')
    # Such as another catalog has left.
    prepared.execute(
        'INSERT INTO batch_lifecyclestage (species_id, name, "order", description, created_at, updated_at)'
        " SELECT species_id, 'Broodstock', 99, '', now(), now() FROM batch_lifecyclestage LIMIT 1"
    )
    # Which, done by hand, makes no versions.
    assert offending(prepared) == {"versions"}


def test_an_empty_database_has_nothing_to_check(fresh_database: str) -> None:
    with pytest.raises(NothingJudgedError, match=r"nothing to check\. Run `aquamind run` first"):
        checks.verify(fresh_database, 1, Silent())


def test_samples_of_other_hands_may_lack_what_is_optional(prepared: Connection) -> None:
    """No spread, no fish counted, no daily states: nothing falls by more than chance, and nothing fails."""
    prepared.execute("DELETE FROM batch_actualdailyassignmentstate")
    prepared.execute("UPDATE batch_growthsample SET std_deviation_weight = NULL")
    prepared.execute("UPDATE batch_growthsample SET sample_size = 0 WHERE id % 3 = 0")
    assert not checks.judge(prepared, law("weights")).offending
    assert not checks.judge(prepared, law("containers_overloaded")).offending


def test_a_law_that_fails_keeps_nobody_waiting_for_the_others(world: str, monkeypatch: pytest.MonkeyPatch) -> None:
    judged: list[str] = []

    def fail(_: object, law: checks.Check) -> checks.Verdict:
        judged.append(law.name)
        time.sleep(0.2)
        raise psycopg.OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(checks, "judge", fail)
    with pytest.raises(psycopg.OperationalError):
        checks.verify(world, 1, Silent())
    assert len(judged) < 5


def test_states_worked_out_live_are_no_rows_too_many(prepared: Connection) -> None:
    prepared.execute(
        """INSERT INTO batch_actualdailyassignmentstate SELECT (jsonb_populate_record(one, '{"id": 1000000, "date":
        "2025-11-22"}')).* FROM batch_actualdailyassignmentstate one ORDER BY id DESC LIMIT 1"""
    )
    assert not any(verdict.offending for verdict in checks.judge_plans(prepared))


def test_what_an_interrupted_run_has_not_reached_is_as_planned_before(prepared: Connection) -> None:
    [(schedule,)] = prepared.execute(
        """INSERT INTO datagen.run (seed, as_of, plan_hash, catalog_hash, version, parameters) SELECT seed,
        '2026-06-01', plan_hash, catalog_hash, version, jsonb_set(parameters, '{schedule}',
        to_jsonb(replace(parameters->>'schedule', 'as_of: 2025-11-21', 'as_of: 2026-06-01'))) FROM datagen.run
        RETURNING parameters->>'schedule'"""
    ).fetchall()
    assert "as_of: 2026-06-01" in schedule
    assert {verdict.name for verdict in checks.judge_plans(prepared) if verdict.offending} == {"plan_rows"}


def test_a_ring_given_to_a_mix_is_deloused_until_then(prepared: Connection) -> None:
    row = prepared.execute(
        """SELECT stay.id, stay.batch_id, min(treatment_date::date) FROM health_treatment treatment
        JOIN batch_batchcontainerassignment stay ON stay.id = batch_assignment_id
        JOIN batch_batch batch ON batch.id = stay.batch_id AND status = 'COMPLETED'
        WHERE treatment_type <> 'vaccination' GROUP BY stay.id ORDER BY stay.id LIMIT 1"""
    ).fetchone()
    assert row is not None
    ring, batch, first = row
    prepared.execute(
        "DELETE FROM health_treatment WHERE batch_assignment_id = %s AND treatment_type <> 'vaccination'", [ring]
    )
    treated = law("treatments_missing")
    assert checks.judge(prepared, treated).offending == 1
    prepared.execute(
        """UPDATE batch_transferaction SET source_assignment_id = %s, dest_assignment_id = (
            SELECT min(id) FROM batch_batchcontainerassignment WHERE batch_id <> %s)
        WHERE id = (SELECT min(id) FROM batch_transferaction)""",
        [ring, batch],
    )
    for days, faults in ((0, 0), (10, 1)):
        prepared.execute(
            "UPDATE batch_batchcontainerassignment SET departure_date = %s::date + %s WHERE id = %s",
            [first, days, ring],
        )
        assert checks.judge(prepared, treated).offending == faults


def test_a_ring_left_empty_is_known_though_two_plans_say_so(prepared: Connection) -> None:
    """Of a transfer that was called off and planned anew, both have the note."""
    row = prepared.execute(
        """DELETE FROM batch_batchcontainerassignment WHERE id = (
            SELECT stay.id FROM batch_batchcontainerassignment stay
            JOIN batch_lifecyclestage stage ON stage.id = lifecycle_stage_id
            WHERE stage."order" = 6 ORDER BY stay.id LIMIT 1)
        RETURNING batch_id, (SELECT name FROM infrastructure_container WHERE id = container_id)"""
    ).fetchone()
    assert row is not None
    broken = {verdict.name for verdict in checks.judge_plans(prepared) if verdict.offending}
    prepared.execute(
        "UPDATE batch_batchtransferworkflow SET notes = %s WHERE batch_id = %s",
        [f"Left empty until fish are thinned: {row[1]}", row[0]],
    )
    assert broken - {each.name for each in checks.judge_plans(prepared) if each.offending} == {"plan_containers"}


def test_without_the_ledger_only_laws_are_judged(prepared: Connection) -> None:
    prepared.execute("DROP SCHEMA datagen CASCADE")
    assert not any(verdict.checked for verdict in checks.judge_plans(prepared))


def test_a_database_without_the_schema_is_one_message(server: EmbeddedServer) -> None:
    with pytest.raises(UserError, match="It has no table"):
        checks.verify(server.url("postgres"), 1, Silent())
