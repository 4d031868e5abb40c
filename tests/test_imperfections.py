"""What a record hides is known beside it, to the reading; and it stays a record that runs, laws and hashes hold for."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pyarrow as pa
import pytest
from pytest_django import DjangoDbBlocker

from apps.health.models import LiceCount
from aquamind.errors import UserError
from datagen import checks, events, runs
from datagen.biology.mortality import outbreak_course
from datagen.cli.making import changed_preset
from datagen.events import audit, collecting, feeding, growth_samples, hidden, mortality, readings
from datagen.events.context import BatchRecord
from datagen.events.health import lice
from datagen.events.sensor_faults import KINDS
from datagen.events.truth import TruthHallFailure, TruthLiceCount, TruthOutbreak, TruthSensorFault, TruthState
from datagen.planning import schedule
from datagen.planning.plan import Plan
from datagen.runs import advancing, wiping
from datagen.simulation import hardship
from datagen.storage import ledger
from datagen.storage.ledger import Content
from tests.worlds import AS_OF, Silent, case_of, company, records, small_plan, stored


def tables(plan: Plan) -> tuple[pa.Table, pa.Table]:
    """Readings and truth of a plan's oldest batch."""
    found: dict[bool, list[pa.RecordBatch]] = {False: [], True: []}
    for model, rows in readings.expand(records(plan)[0]):
        if model is not TruthHallFailure:
            found[model is TruthSensorFault].append(rows)
    truth = pa.Table.from_batches(found[True]) if found[True] else pa.table({})
    return pa.Table.from_batches(found[False]), truth


def plan_of(imperfections: str) -> Plan:
    return replace(
        small_plan(seed=5, batches=1, containers=2, way="lived"),
        imperfections=imperfections,  # type: ignore[arg-type]
    )


def test_rows_of_a_table_come_in_one_run() -> None:
    """A table is copied as often as its rows begin anew, and each COPY leaves pages empty."""
    came = [model for model, _ in readings.expand(records(plan_of("usual"))[0])]
    assert came.count(came[0]) > 1
    assert TruthSensorFault in came
    assert len([*groupby(came)]) == len(set(came))


def test_every_difference_from_what_was_is_known() -> None:
    """Of the same plan recorded well: no reading differs of which the truth says nothing."""
    was, nothing = tables(plan_of("none"))
    record, truth = tables(plan_of("usual"))
    assert not nothing.num_rows
    key, sensor = (np.asarray(was.column(name)) for name in ("id", "sensor_id"))
    time = was.column("reading_time").cast(pa.int64()).to_numpy()
    value = was.column("value").cast(pa.float64()).to_numpy()
    there = np.isin(key, record.column("id"))
    recorded = np.full(len(key), np.nan)
    recorded[there] = record.column("value").cast(pa.float64()).to_numpy()
    told = {kind: np.zeros(len(key), bool) for kind in KINDS}
    for fault in truth.to_pylist():
        # The fault's own key is that of the reading with which it begins.
        first = int(np.flatnonzero(key == fault["id"] // len(KINDS))[0])
        assert KINDS[fault["id"] % len(KINDS)] == fault["kind"]
        last = first + int(np.flatnonzero(time[first : first + 4000] == _micros(fault["ends"]))[0])
        here = slice(first, last + 1)
        assert time[first] == _micros(fault["begins"])
        assert time[last] == _micros(fault["ends"])
        assert set(sensor[here]) == {fault["sensor_id"]}
        told[fault["kind"]][here] = True
        present = there[here]
        wanted = len(present) if fault["kind"] == "missing" else present.sum()
        assert fault["readings"] == wanted
        if fault["kind"] == "stuck":
            assert len(set(recorded[here][present])) <= 1
    np.testing.assert_array_equal(~there, told["missing"])
    wrong = there & (recorded != value)
    assert not (wrong & ~(told["stuck"] | told["spike"] | told["drift"])).any()
    # A few are cut off at the limits of their parameter, or stuck at what is true.
    for kind in ("stuck", "spike", "drift"):
        assert (wrong & told[kind]).sum() > 0.7 * (there & told[kind]).sum(), kind
    # The published ranges (docs/imperfections.md), on some 100,000 readings.
    assert 0.02 < (~there).mean() < 0.10
    assert 0.003 < told["stuck"].mean() < 0.02
    assert 0.001 < told["spike"].mean() < 0.005


def _micros(moment: datetime) -> int:
    return int(np.datetime64(moment.replace(tzinfo=None), "us").astype(np.int64))


def test_two_sensors_of_a_place_take_turns_and_a_fresh_one_is_well() -> None:
    record = records(plan_of("usual"))[0]
    farm, spec = record.farm, record.case.way.sensor_service
    assert spec is not None
    readings_of, truth = tables(plan_of("usual"))
    sensor, time = (np.asarray(readings_of.column(name)) for name in ("sensor_id", "reading_time"))
    place = np.concatenate([np.arange(len(farm.sensor_id)), np.flatnonzero(farm.sensor_spare >= 0)])
    place_of = dict(zip([*farm.sensor_id.tolist(), *farm.spare_id.tolist()], place.tolist(), strict=True))
    hung: dict[int, list[int]] = {}
    for each in np.unique(sensor).tolist():
        hung.setdefault(place_of[each], []).append(each)
    both = [pair for pair in hung.values() if len(pair) == 2]
    assert 0.2 < len(both) / len(hung) < spec.spare_share
    for one, other in both:
        # One after the other: days of the one are none of the other's.
        assert not {*time[sensor == one].astype("M8[D]")} & {*time[sensor == other].astype("M8[D]")}
    first = {(each, _micros(time[sensor == each].min().item())) for pair in both for each in pair}
    assert not first & {
        (row["sensor_id"], _micros(row["begins"])) for row in truth.to_pylist() if row["kind"] == "stuck"
    }


def test_many_are_more_and_a_longer_record_begins_with_the_shorter() -> None:
    usual, many = (tables(plan_of(each))[1] for each in ("usual", "many"))
    assert many.num_rows > 2 * usual.num_rows
    earlier = replace(plan_of("usual"), as_of=AS_OF - timedelta(days=11))
    before = {row["id"]: row for row in tables(earlier)[1].to_pylist()}
    after = {row["id"]: row for row in usual.to_pylist()}
    assert before.keys() <= after.keys()
    for key, row in before.items():
        grown = after[key]["ends"] > row["ends"]
        # What was not over on the day goes on.
        assert after[key] == row or (grown and row["ends"].date() == earlier.as_of), row


def test_a_database_knows_what_it_hides_and_is_carried_on_with_it(
    fresh_database: str, django_db_blocker: DjangoDbBlocker
) -> None:
    """On a Sunday, when some of the dead lie there still."""
    sunday = AS_OF + timedelta(days=2)
    lived = small_plan(sunday, seed=3, batches=2, stagger_days=290, containers=2, way="lived", imperfections="usual")
    earlier = replace(lived, as_of=sunday - timedelta(days=3))
    dsn, wanted = fresh_database, stored(case_of(lived)).content()
    with django_db_blocker.unblock():
        runs.execute(runs.Job(dsn, case_of(earlier), 1), Silent())
        advancing.advance(dsn, *company(), sunday, 1, Silent())
        with psycopg.connect(dsn, autocommit=True) as connection:
            assert _unknown_to_the_planner(connection) == []
            for table in (*ledger.TRUTH, "batch_mortalityevent"):
                hashes = "SELECT unit, content_hash FROM datagen.content WHERE table_name = %s AND rows > 0"
                made: dict[str, str] = dict(connection.execute(hashes, [table]))
                assert made == {unit: each[table].content_hash for unit, each in wanted.items() if _rows(each, table)}
            assert _broken(dsn) == {}
            # Of each place one sensor hangs: the one that read last. The others are out of use [79].
            in_use = "SELECT count(*) FILTER (WHERE active), avg((NOT active)::int) FROM infrastructure_sensor"
            hanging, out_of_use = connection.execute(in_use).fetchone()
            assert hanging == len(company()[1].sensor_name)
            assert 0.38 < out_of_use < 0.46
            wrong = (
                "SELECT count(*) FROM environmental_environmentalreading JOIN infrastructure_sensor sensor"
                " ON sensor.id = sensor_id WHERE reading_time::date = %s AND NOT active"
            )
            assert connection.execute(wrong, [sunday]).fetchone() == (0,)
            # A reading that is not there and of which the truth says nothing is missed, and the other way round.
            for statement in (
                "DELETE FROM environmental_environmentalreading WHERE id = (SELECT max(id) - 7 FROM"
                " environmental_environmentalreading)",
                "DELETE FROM datagen.truth_sensor_fault WHERE id = (SELECT min(id) FROM datagen.truth_sensor_fault"
                " WHERE kind = 'missing')",
                "UPDATE datagen.truth_sensor_fault SET begins = begins + interval '1 day', ends = ends + interval"
                " '1 day' WHERE id = (SELECT min(id) FROM datagen.truth_sensor_fault WHERE kind = 'missing')",
            ):
                with connection.transaction(force_rollback=True):
                    assert connection.execute(statement.encode()).rowcount == 1
                    checks.prepare(connection)
                    [law] = [law for law in checks.checks() if law.name == "readings"]
                    assert checks.judge(connection, law).offending, statement
            with connection.transaction(force_rollback=True):
                assert connection.execute(SILENCE).rowcount == 1
                checks.prepare(connection)
                assert not checks.judge(connection, law).offending
            # Nor is a fish: of a ring that was emptied, all that was booked is in its lots or known to be off.
            emptied = (
                "UPDATE datagen.truth_stock SET miscounted = miscounted + 1 WHERE assignment_id ="
                " (SELECT min(assignment_id) FROM harvest_harvestevent)"
            )
            for name in ("fish_of_assignments", "fish_of_batches", "harvest_lots"):
                with connection.transaction(force_rollback=True):
                    assert connection.execute(emptied.encode()).rowcount == 1
                    checks.prepare(connection)
                    [law] = [law for law in checks.checks() if law.name == name]
                    assert checks.judge(connection, law).offending == 1, name
            wiping.wipe(connection, dsn)
            for table in ledger.TRUTH:
                assert connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone() == (0,)


def _unknown_to_the_planner(connection: psycopg.Connection[Any]) -> list[str]:
    """Tables that statistics say to have other rows than they have, but for what PostgreSQL itself leaves to later."""
    known = connection.execute(
        "SELECT oid::regclass::text, reltuples FROM pg_class WHERE relkind = 'r' AND (oid = ANY(%s::regclass[])"
        " OR relnamespace = 'public'::regnamespace AND relname !~ '^(auth|django)_')",
        [list(ledger.TRUTH)],
    ).fetchall()
    rows = {table: connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchall()[0][0] for table, _ in known}
    return [table for table, said in known if abs(said - rows[table]) > 50 + 0.1 * rows[table]]


SILENCE = b"""
    WITH stay AS (
        SELECT batch_id, batch_container_assignment_id AS stay_id, container_id, sensor_id, parameter_id,
            min(reading_time)::date AS first_day, max(reading_time)::date AS last_day
        FROM environmental_environmentalreading GROUP BY 1, 2, 3, 4, 5 ORDER BY stay_id, sensor_id LIMIT 1
    ), gone AS (
        DELETE FROM environmental_environmentalreading USING stay
        WHERE batch_container_assignment_id = stay_id AND environmental_environmentalreading.sensor_id = stay.sensor_id
        RETURNING id
    ), written AS (
        UPDATE datagen.content SET rows = rows - (SELECT count(*) FROM gone) FROM stay, batch_batch batch
        WHERE table_name = 'environmental_environmentalreading' AND batch.id = batch_id AND unit = batch_number
    ), known AS (
        DELETE FROM datagen.truth_sensor_fault fault USING stay
        WHERE batch_container_assignment_id = stay_id AND fault.sensor_id = stay.sensor_id
    )
    INSERT INTO datagen.truth_sensor_fault
    SELECT 0, batch_id, stay_id, container_id, sensor_id, parameter_id, 'missing', first_day + interval '6 hours',
        last_day + interval '18 hours', 0
    FROM stay
"""
"""A sensor that was silent for a whole stay, as many a short one is, of many."""


def _rows(tables: dict[str, Content], table: str) -> int:
    return tables[table].rows if table in tables else 0


def _broken(dsn: str) -> dict[str, list[object]]:
    return {law.name: list(law.rows) for law in checks.verify(dsn, 1, Silent()) if law.offending}


def test_whoever_dies_is_booked_on_the_next_round_or_lies_there_still() -> None:
    """No fish is lost, none is booked before it died, and what lies at a day's end is what the truth says."""
    plan = replace(small_plan(seed=3, batches=2, stagger_days=290, containers=2, way="lived"), imperfections="usual")
    for record in records(plan):
        stays, died, booked = record.history.assignments, record.history.days.deaths, record.booked
        row_of_truth = dict(zip(collecting._hidden(record).tolist(), _lying(record), strict=True))
        for stay, (first, days) in enumerate(zip(stays.row, stays.days, strict=True)):
            here = slice(first, first + days)
            lying = np.cumsum(died[here]) - np.cumsum(booked.deaths[here])
            assert lying.min() >= 0
            assert lying[-1] == booked.lying[stay]
            assert not (stays.left[stay] and lying[-1])
            assert stays.stage[stay] == record.sea or not lying.any()
            told = {row - first: row_of_truth[row] for row in row_of_truth if first <= row < first + days}
            assert all(lying[day] == found for day, found in told.items())
        weekday = (np.datetime64(plan.first_day).astype("datetime64[D]").astype(int) + record.row_day + 3) % 7
        at_sea = stays.stage[record.row_assignment] == record.sea
        if at_sea.sum() > 500:
            none = booked.deaths[at_sea] == 0
            assert none[weekday[at_sea] >= 5].mean() > 0.4
            assert none[weekday[at_sea] < 5].mean() < 0.2


def _lying(record: BatchRecord) -> list[int]:
    return [row["lying"] for _, rows in collecting.expand(record) for row in rows.to_pylist()]


def test_a_schedule_keeps_how_badly_its_record_is_made() -> None:
    case = case_of(plan_of("many"))
    text = schedule.text(case)
    assert schedule.parse(text, Path("x"), *company()) == case.plan
    assert len({runs.run.plan_hash(case_of(plan_of(each))) for each in ("none", "usual", "many")}) == 3
    with pytest.raises(UserError, match="complete and exact"):
        schedule.parse(text.replace("way: lived", "way: planned"), Path("x"), *company())


@pytest.mark.parametrize(("preset", "level"), [("guide", "usual"), ("medium", "some")])
def test_what_cannot_be_is_refused(preset: str, level: str) -> None:
    with pytest.raises(UserError, match=level):
        changed_preset(preset, None, None, None, None, None, None, level, None)
    assert changed_preset("guide", None, None, None, None, None, None, "none", None).imperfections == "none"


def test_rings_are_off_as_published_and_counts_of_the_dead_are_round() -> None:
    plan = replace(small_plan(seed=3, batches=2, stagger_days=290, containers=8, way="lived"), imperfections="usual")
    off: list[float] = []
    tens: list[bool] = []
    for record in records(plan):
        harvests, stock = record.history.harvests, record.stock
        stays = record.history.assignments
        assert (stock.counted > 0).all()
        booked_of, counted_of = (
            np.bincount(harvests.assignment, fish, len(stays.days)) for fish in (harvests.fish, stock.counted)
        )
        # Of a ring in harvest, nothing is found out yet.
        known_off = np.where(stays.left, stock.miscounted + stock.vanished, 0)
        taken = np.unique(harvests.assignment)
        assert (booked_of == counted_of + known_off)[taken].all()
        emptied = taken[stays.left[taken]]
        off += (counted_of / np.maximum(booked_of, 1.0) - 1.0)[emptied].tolist()
        at_sea = record.history.assignments.stage[record.row_assignment] == record.sea
        booked = record.booked.deaths[at_sea & (record.booked.deaths >= 50)]
        tens += (booked % 10 == 0).tolist()
        well = replace(record, case=replace(record.case, plan=replace(record.case.plan, imperfections="none")))
        assert (well.stock.counted == harvests.fish).all()
    # [70] and [34] of docs/realism.md, on 16 rings.
    assert 0.25 < np.mean(np.abs(off) > 0.03) < 0.85
    assert -0.06 < np.mean(off) < 0.03
    # One in ten is so by chance.
    assert 0.15 < np.mean(tens) < 0.45


def test_counts_are_entered_by_the_evening_or_days_late_and_a_few_are_remarked_upon() -> None:
    plan = replace(small_plan(seed=3, batches=2, stagger_days=290, containers=2, way="lived"), imperfections="usual")
    later: list[float] = []
    remarked: list[bool] = []
    days_late: list[int] = []
    for record in records(plan):
        spec = record.case.recording[0]
        assert spec is not None
        assert spec.entries is not None
        said = {each.cause: set(each.remarks) for each in spec.entries.remarks}
        for _, rows, _ in mortality.expand(record):
            for row in rows.select(["event_date", "created_at", "cause", "description"]).to_pylist():
                days_late.append((row["created_at"].date() - row["event_date"]).days)
                if not days_late[-1]:
                    later.append(row["created_at"].hour + row["created_at"].minute / 60 - 9.5)
                remarked.append(row["description"] != "")
                assert not remarked[-1] or row["description"] in said[row["cause"]]
    assert 1.5 < np.median(later) < 2.5
    assert 0.03 < np.mean(remarked) < 0.07
    assert min(days_late) == 0
    assert 0.01 < np.mean(np.array(days_late) > 0) < 0.05


def test_a_late_entry_is_made_on_a_weekday_before_the_month_is_in_the_books_and_never_ahead() -> None:
    """Nothing else of a meal is changed by it, and what an earlier day did not know yet is the only difference."""
    lived = replace(small_plan(seed=3, batches=2, stagger_days=290, containers=2, way="lived"), imperfections="many")
    earlier = replace(lived, as_of=AS_OF - timedelta(days=5))
    known = 0
    # The oldest of each geography: eggs eat nothing.
    for number in (0, 2):
        meals, before, on_time = (
            _meals(records(plan)[number]) for plan in (lived, earlier, replace(lived, imperfections="none"))
        )
        late = np.flatnonzero(meals["created_at"] != on_time["created_at"])
        assert 0.02 < len(late) / len(meals["id"]) < 0.2
        made, day = meals["created_at"][late].astype("M8[D]"), meals["feeding_date"][late].astype("M8[D]")
        asked = (day.astype("M8[M]") + 1).astype("M8[D]") + 2
        assert ((made > day) & (made <= asked) & (made <= np.datetime64(lived.as_of))).all()
        assert (((made.astype(int) + 3) % 7 < 5) | (made == asked)).all()
        noted = meals["notes"] != ""
        assert 0 < noted.mean() < 0.05
        for name in meals.keys() - {"created_at", "updated_at", "notes", "recorded_by_id"}:
            assert (meals[name] == on_time[name]).all(), name
        shorter = len(before["id"])
        differ = np.flatnonzero(meals["created_at"][:shorter] != before["created_at"])
        assert (meals["created_at"][differ].astype("M8[D]") > np.datetime64(earlier.as_of)).all()
        assert (meals["notes"][:shorter] == before["notes"]).all()
        assert np.isin(np.flatnonzero(meals["recorded_by_id"][:shorter] != before["recorded_by_id"]), differ).all()
        known += len(differ)
    assert known


def test_people_have_weekends_and_leave_in_summer_and_others_stand_in() -> None:
    """Of halls that one looks after: it is mostly this one on weekdays, and both of the trade in turn at weekends."""
    plan = replace(small_plan(seed=3, batches=1, containers=2, way="lived"), imperfections="usual")
    record = records(plan)[0]
    spec, names = record.case.recording[0], record.farm.user_name
    assert spec is not None
    assert spec.shifts is not None
    meals = _meals(record)
    at_land = meals["created_at"] < record.at(record.stage_day(record.sea), 0)
    day, who = meals["created_at"][at_land].astype("M8[D]"), meals["recorded_by_id"][at_land]
    regular, other = (record.farm.user_id[names.index(name)] for name in ("jogvan.hansen", "rakul.nolsoe"))
    assert set(who.tolist()) == {regular, other}
    weekend = (day.astype(int) + 3) % 7 >= 5
    assert 0.8 < (who[~weekend] == regular).mean() < 1.0
    assert 0.3 < (who[weekend] == regular).mean() < 0.7
    # In summer it is not there for as long as leave lasts.
    worked = np.unique(day[who == regular])
    longest = int(np.argmax(np.diff(worked)))
    assert np.diff(worked)[longest].astype(int) > spec.shifts.leave_days
    assert 6 <= worked[longest].astype("M8[M]").astype(int) % 12 + 1 <= 8


def test_what_was_mistyped_is_put_right_on_its_day_or_days_later_and_said_so_and_is_never_known_ahead() -> None:
    lived = small_plan(seed=3, batches=2, stagger_days=290, containers=2, way="lived", imperfections="many")
    record, earlier = (
        records(replace(lived, versions="all", as_of=as_of))[1] for as_of in (AS_OF, AS_OF - timedelta(days=5))
    )
    wanted, unknown = events.expected(record), 0
    corrected, days_later = 0, []
    for family, columns, day in (
        (mortality, ("count", "biomass_kg"), "event_date"),
        (growth_samples, ("avg_weight_g",), "sample_date"),
    ):
        (rows, trail), (before, trail_before) = (_with_trail(each, family) for each in (record, earlier))
        assert wanted[audit.TABLES[family.TABLE]] == len(trail)
        of = {row["id"]: row for row in rows}
        changes = [row for row in trail if row["history_type"] == "~"]
        assert 0.008 < len(changes) / len(of) < 0.04
        first = {row["id"]: row for row in trail if row["history_type"] == "+"}
        corrected += len(changes)
        for change in changes:
            made, now = first[change["id"]], of[change["id"]]
            assert made["history_date"] == made["updated_at"] == now["created_at"] < now["updated_at"]
            assert now["updated_at"] == change["history_date"]
            if now["updated_at"].date() != now["created_at"].date():
                days_later.append((now["updated_at"].date() - now[day]).days)
            assert now["updated_at"].date() <= lived.as_of
            assert change["history_change_reason"]
            assert made[columns[0]] != now[columns[0]]
            assert all(change[name] == now[name] for name in columns)
        assert all(
            first[key][name] == of[key][name] for key in of.keys() - {c["id"] for c in changes} for name in columns
        )
        # What an earlier day did not know yet is the only difference, and keys are the same.
        for row in before:
            now = of[row["id"]]
            if row != now:
                assert max(now["created_at"], now["updated_at"]).date() > earlier.case.plan.as_of
                unknown += 1
        versions = {row["history_id"]: row for row in trail}
        assert all(versions[row["history_id"]]["id"] == row["id"] for row in trail_before)
    assert unknown
    assert set(days_later) == {1, 2, 3, 4, 5}
    assert 0.1 < len(days_later) / corrected < 0.5


def _with_trail(record: BatchRecord, family: Any) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Rows of a family that makes those of one table first, and their versions."""
    model, rows, was = next(iter(family.expand(record)))
    [(_, trail)] = audit.trail(record, model, rows, was)
    return rows.to_pylist(), trail.to_pylist()


def test_a_count_of_lice_that_nobody_noticed_to_be_mistyped_is_known() -> None:
    lived = small_plan(seed=3, batches=2, stagger_days=290, containers=2, way="lived", imperfections="many")
    record, well = (records(replace(lived, imperfections=each))[0] for each in ("many", "none"))
    recorded, true = (
        {row["id"]: row for model, rows in _lice(each) if model is LiceCount for row in rows.to_pylist()}
        for each in (record, well)
    )
    [truth] = [rows.to_pylist() for model, rows in _lice(record) if model is TruthLiceCount]
    assert recorded.keys() == true.keys()
    wrong = {key for key in true if recorded[key]["count_value"] != true[key]["count_value"]}
    assert wrong == {row["id"] for row in truth}
    assert 0.001 < len(wrong) / len(true) < 0.02
    for row in truth:
        assert (row["counted"], row["recorded"]) == (true[row["id"]]["count_value"], recorded[row["id"]]["count_value"])
    assert events.expected(record)["datagen.truth_lice_count"] == len(truth)


def _lice(record: BatchRecord) -> list[tuple[Any, pa.RecordBatch]]:
    infested = lice.infestation(record)
    assert infested is not None
    return list(lice.expand(record, infested))


def _meals(record: BatchRecord) -> dict[str, "np.ndarray[Any, Any]"]:
    table = pa.Table.from_batches([rows for _, rows in feeding.expand(record)])
    return {name: table.column(name).to_numpy() for name in table.column_names}


def test_tanks_of_a_hall_share_its_water_and_its_failures_are_known() -> None:
    plan = small_plan(seed=4, batches=1, containers=20, way="lived")
    found, earlier = hall_failures(plan), hall_failures(replace(plan, as_of=AS_OF - timedelta(days=20)))
    assert earlier.keys() <= found.keys()
    assert all({**row, "ends": found[key]["ends"]} == found[key] for key, row in earlier.items())
    record = records(plan)[0]
    units, parameters = record.farm.container_unit, readings._grid(record, 0).parameters
    names = [record.farm.parameter_name[parameter] for parameter in parameters]
    seen = {"biofilter": 0, "pump": 0}
    for stage in range(min(record.sea, int(record.history.assignments.stage.max()) + 1)):
        grid = readings._grid(record, stage)
        assert grid.hall is not None
        values = readings._values(record, grid).reshape(*grid.drift.shape[:2], -1) / 1e4
        of = units[list(record.batch.containers[stage])]
        halls = np.unique(of)
        tanks = [values[of == hall, names.index("CO2")].reshape(10, -1, 6).mean(axis=2) for hall in halls]
        if stage > 1:
            # Of two halls that are fed alike, days are more alike between the tanks of one.
            together = [np.corrcoef(hall)[0, 1:].mean() for hall in tanks]
            assert min(together) > 0.8, together
        first = record.stage_day(stage)
        for row in found.values():
            here = np.flatnonzero(record.farm.unit_id[halls] == row["hall_id"])
            if not len(here) or not first <= _day(row["begins"], record) < first + grid.present.shape[1]:
                continue
            begin, end = (_reading(row[name], record, first) for name in ("begins", "ends"))
            which = of == halls[here[0]]
            seen[row["kind"]] += 1
            if row["kind"] == "pump" and stage > 1 and begin > 6:
                oxygen = values[which, names.index("Dissolved Oxygen")]
                assert (oxygen[:, end] < oxygen[:, begin - 6 : begin].min(axis=1)).all()
                assert (values[~which, names.index("Dissolved Oxygen")][:, end] > 9).all()
    assert min(seen.values()) > 0


def test_slaughter_counts_the_fish_that_the_truth_has_on_the_last_morning() -> None:
    plan = small_plan(seed=3, stagger_days=290, containers=8, way="lived", imperfections="usual")
    known = 0
    for record in records(plan):
        truth = hidden_rows(record, TruthState)
        assert [each["day"] for each in truth] == record.date(record.row_day).tolist()
        fish = np.array([each["fish"] for each in truth])
        days, stays, harvests = record.history.days, record.history.assignments, record.history.harvests
        assert (fish[stays.row] == days.fish[stays.row] - record.stock.miscounted).all()
        last = stays.left[harvests.assignment] & (harvests.day == stays.departure_day[harvests.assignment])
        ring = harvests.assignment[last]
        row = stays.row[ring] + stays.days[ring] - 1
        # Of the last day some may vanish yet.
        vanished = record.stock.vanished[ring] * days.fish[row] / np.add.reduceat(days.fish, stays.row)[ring]
        assert (np.abs(fish[row] - days.deaths[row] - record.stock.counted[last] - vanished) <= 1).all()
        known += len(ring)
    assert known > 5
    assert not hidden_rows(records(replace(plan, imperfections="none"))[0], TruthState)


def test_outbreaks_that_are_known_are_those_that_kill() -> None:
    """Their courses add up to the hazard that fish were under by day; and a shorter record knows the same so far."""
    plan = small_plan(seed=8, batches=3, containers=6, way="lived")
    record = max(records(plan), key=lambda each: len(hidden_rows(each, TruthOutbreak)))
    spec, stays, truth = record.case.way.mortality, record.history.assignments, hidden_rows(record, TruthOutbreak)
    assert spec is not None
    long = {each.name: each.duration_days for each in spec.events}
    long |= {each.name: each.duration_days for each in spec.epidemics}
    of_area = np.sum([*hardship.befalling(record.case, record.batch.geography, spec).values()], axis=0)
    of_batch = hardship.epidemics(record.case, record.batch, record.start_day, spec)
    rings = record.batch.containers[record.sea]
    late = hardship.delays(record.case, record.batch, len(rings), spec)
    found = 0
    for stay in np.flatnonzero(stays.stage == record.sea):
        here = [each for each in truth if each["assignment_id"] == record.assignment_id[stay]]
        ring, days = int(stays.container[stay]), stays.first_day[stay] + np.arange(stays.days[stay])
        hazard = of_area[days, record.farm.unit_column[record.farm.container_unit[ring]]]
        hazard = hazard + of_batch[np.maximum(days - late[rings.index(ring)], 0)]
        told = np.zeros(len(days))
        for each in here:
            begin, end = ((each[name] - record.plan_first_day).days - days[0] for name in ("begins", "ends"))
            told[begin : end + 1] += each["share"] * outbreak_course(long[each["name"]])[: end + 1 - begin]
        # What came with the water before the fish did is known without its beginning.
        if all(each["begins"] > record.plan_first_day + timedelta(days=int(days[0])) for each in here):
            assert told == pytest.approx(hazard, abs=1e-12)
            found += len(here)
    assert found > 5
    shorter = records(replace(plan, as_of=AS_OF - timedelta(days=40)))
    earlier = hidden_rows(next(each for each in shorter if each.unit == record.unit), TruthOutbreak)
    assert earlier
    by_key = {each["id"]: each for each in truth}
    assert all({**each, "ends": by_key[each["id"]]["ends"]} == by_key[each["id"]] for each in earlier)


def hidden_rows(record: BatchRecord, of: Any) -> list[dict[str, Any]]:
    """The truth of a batch in one of its tables."""
    return [row for model, rows in hidden.expand(record) if model is of for row in rows.to_pylist()]


def hall_failures(plan: Plan) -> dict[int, dict[str, Any]]:
    """The truth of the halls of a plan, by key."""
    made = [rows for record in records(plan) for model, rows in readings.expand(record) if model is TruthHallFailure]
    return {row["id"]: row for rows in made for row in rows.to_pylist()}


def _day(moment: datetime, record: BatchRecord) -> int:
    return (moment.date() - record.plan_first_day).days


def _reading(moment: datetime, record: BatchRecord, first: int) -> int:
    """Which reading since a day it is."""
    return 6 * (_day(moment, record) - first) + readings.HOURS.tolist().index(moment.hour)
