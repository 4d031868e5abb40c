"""The plan that made the data, which the ledger keeps, against what became of it in the database."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate
from typing import Any

import psycopg
import yaml
from psycopg import sql
from psycopg.rows import dict_row

from aquamind.errors import UserError
from datagen.events.transfers_ahead import LEFT_EMPTY
from datagen.runs.protection import FOLLOWING
from datagen.storage import ledger

_Loader: Any = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader

FISH_TOLERANCE = 0.001
"""Share of a batch's eggs by which daily states may miss the fish of the record."""

LIGHTEST_HARVEST = 0.9
"""Share of its target weight that a batch reaches, unless its planned life ends before."""

LATEST_DAYS = 14
"""A harvest that ends so many days before the planned life does was made by the calendar, whatever the weight."""

MOST_DAYS_TO_SEA = 30
"""No transfer begins so many days before the day on which it is to be over."""

COUNTED_BY_LAWS = frozenset(("environmental_environmentalreading",))
"""Tables whose law, which groups all rows, compares their number with the ledger's; it judges none that are empty."""

FACTS = """
    SELECT batch.batch_number AS number, batch.start_date, batch.status, batch.actual_end_date, stage."order" AS stage,
        (SELECT sum(total_eggs_received) FROM batch_creationworkflow WHERE batch_id = batch.id) AS eggs,
        (SELECT array_agg(left(workflow_number, length('CRT-' || batch.batch_number))) FROM batch_creationworkflow
            WHERE batch_id = batch.id AND status <> 'CANCELLED') AS workflows,
        (SELECT jsonb_object_agg(stay.stage, stay.place) FROM (
            SELECT stage."order" AS stage, jsonb_build_array(min(assignment_date) FILTER (WHERE NOT later),
                max(assignment_date) FILTER (WHERE NOT later),
                jsonb_agg(container.name ORDER BY container.name)) AS place
            FROM batch_batchcontainerassignment stay
            CROSS JOIN LATERAL (SELECT EXISTS (SELECT FROM batch_transferaction action
                JOIN batch_batchtransferworkflow workflow ON workflow.id = action.workflow_id
                WHERE dest_assignment_id = stay.id AND workflow_type = 'CONTAINER_REDISTRIBUTION') AS later) filled
            JOIN batch_lifecyclestage stage ON stage.id = lifecycle_stage_id
            JOIN infrastructure_container container ON container.id = container_id
            WHERE batch_id = batch.id GROUP BY 1) stay) AS places,
        (SELECT max(notes) FROM batch_batchtransferworkflow
            WHERE batch_id = batch.id AND starts_with(notes, %(left_empty)s)) AS left_empty,
        (SELECT 1000 * sum(live_weight_kg) / nullif(sum(unit_count), 0)
            FROM harvest_harvestlot lot JOIN harvest_harvestevent event ON event.id = lot.event_id
            WHERE event.batch_id = batch.id) AS harvested_g,
        (SELECT sum(population) FROM batch_actualdailyassignmentstate
            WHERE batch_id = batch.id AND day_number = %(day)s) AS state_fish,
        (SELECT sum(total_eggs_received - total_mortality_on_arrival) FROM batch_creationworkflow
            WHERE batch_id = batch.id)
        - (SELECT coalesce(sum(count), 0) FROM batch_mortalityevent
            WHERE batch_id = batch.id AND event_date < batch.start_date + %(day)s)
        - (SELECT coalesce(sum(mortality_during_transfer), 0) FROM batch_transferaction action
            JOIN batch_batchtransferworkflow workflow ON workflow.id = action.workflow_id
            WHERE workflow.batch_id = batch.id
                AND action.actual_execution_date < batch.start_date + %(day)s) AS recorded_fish
    FROM batch_batch batch JOIN batch_lifecyclestage stage ON stage.id = batch.lifecycle_stage_id
    WHERE batch.batch_number = ANY(%(numbers)s)
"""


@dataclass(frozen=True)
class Planned:
    """A batch of a plan, by stage the first day and the containers; and the last day of the record that was made."""

    number: str
    start: date
    eggs: int
    harvest_target_g: float
    first_days: tuple[date, ...]
    end: date
    containers: tuple[tuple[str, ...], ...]
    as_of: date

    def begun(self) -> int:
        """Stages that it had begun by the as-of day."""
        return sum(day <= self.as_of for day in self.first_days)


@dataclass(frozen=True)
class Verdict:
    """A promise of the plan: of how many batches or tables it could be judged, and where it was not kept."""

    name: str
    title: str
    judged: int
    broken: tuple[str, ...]


def planned(connection: psycopg.Connection[Any]) -> dict[str, Planned]:
    """Every batch that runs of this tool planned, as that one did which wrote it, else the latest."""
    there = connection.execute("SELECT to_regclass('datagen.run') IS NOT NULL").fetchone()
    if there is None or not there[0]:
        return {}
    found: dict[str, Planned] = {}
    writer = dict(connection.execute("SELECT unit, run FROM datagen.unit").fetchall())
    runs = connection.execute("SELECT id, parameters->>'schedule' FROM datagen.run ORDER BY id").fetchall()
    for run, text in runs:
        document = yaml.load(text, _Loader)
        about = document["metadata"]
        land = list(about["stage_days"])[:-1]
        days = list(accumulate(about["stage_days"].values(), initial=0))
        for batch in document["batches"]:
            if writer.get(batch["batch_id"], run) != run:
                continue
            start = batch["start_date"]
            containers = [*(batch["freshwater"][key]["containers"] for key in land), batch["sea"]["rings"]]
            found[batch["batch_id"]] = Planned(
                batch["batch_id"],
                start,
                batch["eggs"],
                1000 * batch["harvest_target_kg"],
                tuple(start + timedelta(days=day) for day in days[:-1]),
                start + timedelta(days=days[-1]),
                tuple(tuple(sorted(names)) for names in containers),
                about["as_of"],
            )
    return found


def judge(connection: psycopg.Connection[Any], batches: Iterable[Planned]) -> list[Verdict]:
    """What these batches' plans promise, promise by promise."""
    wanted = {batch.number: batch for batch in batches}
    if not wanted:
        raise UserError(
            "database",
            connection.info.dbname,
            "It holds no batches of this tool. Run `aquamind run`, or a script of 03_ or 04_",
        )
    first = next(iter(wanted.values()))
    day = (first.first_days[1] - first.start).days + 1
    facts = {
        row["number"]: row
        for row in connection.cursor(row_factory=dict_row).execute(
            FACTS, {"numbers": list(wanted), "day": day, "left_empty": LEFT_EMPTY}
        )
    }
    here = [(batch, facts[number]) for number, batch in wanted.items() if number in facts]
    missing = tuple(number for number in wanted if number not in facts)
    return [
        Verdict("plan_batches", "Every planned batch is there", len(wanted), missing),
        _each("plan_starts", "Batches start on their day, under their number", here, _start),
        _each("plan_eggs", "Batches received the eggs planned", here, _eggs),
        _each("plan_containers", "Batches live in the containers planned, from the day planned", here, _places),
        _each("plan_stages", "Batches are in the stage of their age, or harvested", here, _stage),
        _each(
            "plan_harvests",
            "Batches were harvested at their target weight, or at the end of their time",
            here,
            _harvest,
        ),
        _each("plan_fish", f"No fish doubled: daily states of day {day} are the fish of the record", here, _states),
    ]


def judge_rows(connection: psycopg.Connection[Any]) -> Verdict:
    """Whether every table still holds the rows that the ledger says were written."""
    status = ledger.status(connection)
    broken = []
    for table, entry in status["tables"].items():
        name = sql.Identifier(*table.split("."))
        if table in COUNTED_BY_LAWS and connection.execute(sql.SQL("SELECT FROM {} LIMIT 1").format(name)).rowcount:
            continue
        row = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(name)).fetchone()
        there = 0 if row is None else row[0]
        # What follows from the record is also worked out live, for days and batches beyond it.
        if there < entry["rows"] or (there > entry["rows"] and table not in FOLLOWING):
            broken.append(f"{table}: {entry['rows']:,} rows written, {there:,} there")
    broken += [f"run {run['id']} was interrupted: run it again" for run in status["runs"] if not run["finished"]]
    broken += [f"{each['kind']} {each['name']} is away until a run is finished" for each in status["dropped"]]
    return Verdict("plan_rows", "Tables hold the rows that were written", len(status["tables"]), tuple(broken))


_Facts = dict[str, Any]


def _each(
    name: str, title: str, batches: list[tuple[Planned, _Facts]], rule: Callable[[Planned, _Facts], list[str] | None]
) -> Verdict:
    found = [(batch.number, rule(batch, facts)) for batch, facts in batches]
    judged = [(number, faults) for number, faults in found if faults is not None]
    return Verdict(
        name, title, len(judged), tuple(f"{number}: {fault}" for number, faults in judged for fault in faults)
    )


def _start(batch: Planned, facts: _Facts) -> list[str]:
    faults = []
    if facts["start_date"] != batch.start:
        faults.append(f"planned {batch.start}, started {facts['start_date']}")
    if facts["workflows"] != [f"CRT-{batch.number}"]:
        faults.append(f"created by {facts['workflows']}")
    return faults


def _eggs(batch: Planned, facts: _Facts) -> list[str]:
    return [] if facts["eggs"] == batch.eggs else [f"planned {batch.eggs:,}, received {facts['eggs'] or 0:,}"]


def _places(batch: Planned, facts: _Facts) -> list[str]:
    """All containers of a stage are filled on the day that it begins; or those at sea one by one, and the last then.

    A ring that the transfer to sea says it has left empty is filled out of others, or not yet.
    """
    wanted = {
        stage + 1: (batch.first_days[stage].isoformat(), batch.containers[stage]) for stage in range(batch.begun())
    }
    found, faults = facts["places"] or {}, []
    for stage in sorted(wanted.keys() | {int(each) for each in found}):
        first, last, names = found.get(str(stage), (None, None, ()))
        at_sea = stage == len(batch.first_days)
        earliest = (batch.first_days[stage - 1] - timedelta(days=MOST_DAYS_TO_SEA if at_sea else 0)).isoformat()
        there = (last, tuple(sorted(names))) if last else None
        if at_sea and stage in wanted and facts["left_empty"]:
            empty = facts["left_empty"].removeprefix(LEFT_EMPTY)
            day, rings = wanted[stage]
            wanted[stage] = day, tuple(ring for ring in rings if ring in names or ring != empty)
        if at_sea and stage not in wanted and last < batch.first_days[stage - 1].isoformat():
            wanted[stage] = (last, tuple(name for name in batch.containers[stage - 1] if name in names))
        if there != wanted.get(stage) or first < earliest:
            faults.append(f"stage {stage} planned {_brief(wanted.get(stage))}, found {_brief(there)}")
    return faults


def _brief(place: tuple[str, tuple[str, ...]] | None) -> str:
    return f"from {place[0]} in {len(place[1])} containers, {place[1][0]} first" if place else "not at all"


def _stage(batch: Planned, facts: _Facts) -> list[str]:
    if facts["status"] == "COMPLETED":
        return [] if batch.begun() == len(batch.first_days) else [f"harvested in stage {batch.begun()}"]
    if batch.as_of >= batch.end:
        return [f"{facts['status']} after the end of its planned life on {batch.end}"]
    if facts["stage"] != batch.begun():
        return [f"in stage {facts['stage']}, by its age in {batch.begun()}"]
    return []


def _harvest(batch: Planned, facts: _Facts) -> list[str] | None:
    if facts["status"] != "COMPLETED":
        return None
    left_days = (batch.end - facts["actual_end_date"]).days
    if left_days < 0:
        return [f"planned to end by {batch.end}, ended {facts['actual_end_date']}"]
    weight_g = float(facts["harvested_g"] or 0)
    if left_days > LATEST_DAYS and weight_g < LIGHTEST_HARVEST * batch.harvest_target_g:
        return [f"planned {batch.harvest_target_g:,.0f} g, harvested at {weight_g:,.0f} g"]
    return []


def _states(batch: Planned, facts: _Facts) -> list[str] | None:
    if facts["state_fish"] is None:
        return None
    if abs(facts["state_fish"] - facts["recorded_fish"]) > FISH_TOLERANCE * batch.eggs:
        return [f"{facts['state_fish']:,} fish in daily states, {facts['recorded_fish']:,} in the record"]
    return []
