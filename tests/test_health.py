"""The health record's laws, and its couplings: what befalls the fish shows in what is seen on them."""

from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from django.db import connection

from apps.batch.models import MortalityEvent
from apps.health.models import HealthSamplingEvent, JournalEntry
from datagen.biology.health import after_handling
from datagen.biology.lice import POPULATIONS, development_days, lice_per_fish
from datagen.biology.mortality import CAUSES
from datagen.case import Case
from datagen.events import FAMILIES, body, health, readings
from datagen.events.context import BatchRecord, life
from datagen.events.health import journal, lice
from datagen.farm import with_database_ids
from datagen.masterdata import init
from datagen.planning.plan import Plan
from datagen.simulation.boats import Boats
from datagen.simulation.climate import storms
from datagen.storage import ledger, postgres
from tests.worlds import AS_OF, SEA, company, records, small_plan

Columns = dict[str, np.ndarray]

DAY = np.timedelta64(1, "D")
CHANGING = {
    "health_journalentry": ("severity", "resolution_status", "resolution_notes", "updated_at"),
    "health_healthlabsample": ("date_results_received", "findings_summary", "quantitative_results", "updated_at"),
    "health_treatment": ("outcome",),
}
"""What is known only later: how a thing ended, and how bad it became."""


def tables(record: BatchRecord) -> dict[str, pa.Table]:
    parts = defaultdict(list)
    for model, rows, *_ in health.expand(record):
        parts[model._meta.db_table].append(rows)
    return {table: pa.Table.from_batches(rows) for table, rows in parts.items()}


def columns(table: pa.Table) -> Columns:
    """A table as NumPy arrays; decimals as floats, NULL numbers as 0."""
    out: Columns = {}
    column: Any
    for name, column in zip(table.column_names, table.combine_chunks().columns, strict=True):
        if pa.types.is_decimal64(column.type):
            units = np.frombuffer(column.chunk(0).buffers()[1], np.int64)[: len(column)]
            out[name] = units / 10.0**column.type.scale
        elif pa.types.is_integer(column.type):
            out[name] = column.fill_null(0).to_numpy()
        else:
            out[name] = column.to_numpy()
    return out


def test_fish_die_of_what_the_schema_and_the_journal_know() -> None:
    assert tuple(MortalityEvent.Cause.values) == CAUSES == tuple(journal.ISSUES)


@pytest.fixture(scope="module")
def plan() -> Plan:
    # A seed with outbreaks of disease.
    return small_plan(batches=9, stagger_days=60, seed=4)


@pytest.fixture(scope="module")
def world(plan: Plan) -> list[tuple[BatchRecord, dict[str, pa.Table]]]:
    """18 batches of 10 containers in two geographies, 13 of them at sea or harvested, with their health record."""
    return [(record, tables(record)) for record in records(plan)]


@pytest.fixture(scope="module")
def at_sea(world: Any) -> list[tuple[BatchRecord, dict[str, Columns]]]:
    """The batches that have been counted for lice, their tables as arrays."""
    return [
        (record, {name: columns(rows) for name, rows in found.items()})
        for record, found in world
        if "health_licecount" in found
    ]


def day_of(record: BatchRecord, moments: np.ndarray) -> np.ndarray:
    """Day of the record."""
    return (moments.astype("datetime64[D]") - np.datetime64(record.plan_first_day)) // DAY


def stay_of(record: BatchRecord, assignment_id: np.ndarray) -> np.ndarray:
    return assignment_id - record.assignment_id[0]


def mobiles_found(record: BatchRecord, count: Columns) -> np.ndarray:
    """Pre-adult and adult L. salmonis in each row, 0 in rows of other types."""
    mobile = [k.species.startswith("Lepe") and "adult" in k.development_stage for k in record.catalog.lice.types]
    return count["count_value"] * np.array(mobile)[count["lice_type_id"] - 1]


def test_no_batch_fills_more_than_its_block_of_keys(plan: Plan, world: Any) -> None:
    catalog, farm = company()
    for record, found in world:
        most = health.most_rows(life(Case(catalog, farm, plan), record.batch))
        for name, rows in found.items():
            assert len(rows) <= most[name]
            first = record.first_id[name]
            assert (columns(rows)["id"] == first + np.arange(len(rows))).all()


def test_every_fish_has_each_score_once_and_no_score_is_without_fish(at_sea: Any) -> None:
    for record, found in at_sea:
        event, fish, score = (
            found[f"health_{t}"] for t in ("healthsamplingevent", "individualfishobservation", "fishparameterscore")
        )
        assert (event["number_of_fish_sampled"] == 75).all()
        assert (fish["sampling_event_id"].reshape(-1, 75) == event["id"][:, None]).all()
        assert (score["individual_fish_observation_id"].reshape(-1, 9) == fish["id"][:, None]).all()
        assert (np.sort(score["parameter_id"].reshape(-1, 9)) == record.farm.health_parameter_id).all()
        assert set(np.unique(score["score"])) == {0, 1, 2, 3}


def test_the_events_statistics_are_those_of_their_fish(at_sea: Any) -> None:
    for _, found in at_sea:
        event, fish = found["health_healthsamplingevent"], found["health_individualfishobservation"]
        weight_g, length_cm = (fish[name].reshape(-1, 75) for name in ("weight_g", "length_cm"))
        for name, single in (("weight_g", weight_g), ("length_cm", length_cm)):
            assert np.allclose(event[f"avg_{name}"], single.mean(axis=1), atol=0.006)
            assert np.allclose(event[f"std_dev_{name}"], single.std(axis=1, ddof=1), atol=0.006)
            assert (event[f"min_{name}"] == single.min(axis=1)).all()
            assert (event[f"max_{name}"] == single.max(axis=1)).all()
        k = (100 * weight_g / length_cm**3).mean(axis=1)
        assert np.allclose(event["avg_k_factor"], k, atol=6e-5)
        assert ((k > 1.0) & (k < 1.4)).all()


def test_checks_come_every_30_days_from_post_smolt_on(at_sea: Any) -> None:
    for record, found in at_sea:
        event = found["health_healthsamplingevent"]
        day, stay = day_of(record, event["sampling_date"]), stay_of(record, event["assignment_id"])
        stage = record.history.assignments.stage[stay]
        assert stage.min() >= SEA - 1
        for each in (SEA - 1, SEA):
            assert set(np.diff(np.unique(day[stage == each]))) <= {30}
        rings = record.history.assignments.stage[np.unique(stay)] == SEA
        # One of ten rings a round, by turns.
        assert rings.sum() == min(10, (stage == SEA).sum())


def test_lice_are_counted_weekly_in_adult_only(at_sea: Any) -> None:
    for record, found in at_sea:
        count, a = found["health_licecount"], record.history.assignments
        stay, day = stay_of(record, count["assignment_id"]), day_of(record, count["count_date"])
        assert (a.stage[stay] == SEA).all()
        assert ((day >= a.first_day[stay]) & (day < a.departure_day[stay])).all()
        assert ((day - a.first_day[stay]) % 7 == 0).all()
        assert (count["count_value"] > 0).all()
        assert (count["fish_sampled"] == 20).all()
        by_kind = [count[f"{kind}_count"] for kind in ("adult_female", "adult_male", "juvenile")]
        assert (sum(by_kind) == count["count_value"]).all()
        assert ((np.array(by_kind) > 0).sum(axis=0) == 1).all()
        rows = np.stack([stay, day, count["lice_type_id"]])
        assert np.unique(rows, axis=1).shape == rows.shape
        confidence = dict(zip(count["detection_method"], count["confidence_level"].round(2), strict=True))
        assert confidence.items() <= {"automated": 0.98, "manual": 0.95, "camera": 0.90, "visual": 0.75}.items()


def test_where_a_plan_is_lived_condition_goes_on_from_stage_to_stage_and_the_heavy_are_fatter() -> None:
    """Slender after the transfer to sea, fat at slaughter; weights are skewed, and spread apart until the next move."""
    plan = small_plan(batches=1, stagger_days=650, containers=1, way="lived")
    record = max(records(plan), key=lambda each: len(each.row_day))
    a = record.history.assignments
    _, first = np.unique(a.stage, return_index=True)
    life = np.concatenate([np.arange(a.row[stay], a.row[stay] + a.days[stay]) for stay in first])
    of, at_sea = body.bodies(record, life), int(a.days[first][:-1].sum())
    assert np.abs(np.diff(of.k)).max() < 0.02
    assert of.k[at_sea] == pytest.approx(1.0, abs=0.02)
    assert of.k[-50:].mean() == pytest.approx(1.28, abs=0.08)
    # From stage to stage, but from eggs to fry.
    moved = np.cumsum(a.days[first])[1:-1]
    assert (np.diff(of.weight_cv)[moved - 1] < 0).all()
    weight_g, length_cm = body.single_fish(record, life, 30, "any")
    k = 100.0 * weight_g / length_cm**3
    odd = (weight_g - weight_g.mean(axis=1, keepdims=True)) / weight_g.std(axis=1, keepdims=True)
    assert 0.3 < (odd**3).mean() < 0.5
    # Eggs weigh a few tenths of a gram, and are told to hundredths.
    heavy = np.flatnonzero(weight_g.mean(axis=1) > 10)
    together = [np.corrcoef(weight_g[row], k[row])[0, 1] for row in heavy]
    assert np.mean(together) == pytest.approx(0.35, abs=0.05)


def test_where_a_plan_is_lived_every_delousing_was_called_for_by_a_count() -> None:
    """By the very count that the record has; and a longer record begins with the shorter."""
    lived = small_plan(seed=3, batches=2, stagger_days=290, containers=3, way="lived")
    times: list[int] = []
    for record, before in zip(records(lived), records(replace(lived, as_of=AS_OF - timedelta(days=40))), strict=True):
        infested, spec, done = lice.infestation(record), record.case.way.delousing, record.history.treatments
        assert spec is not None
        if infested is None:
            continue
        met = lice.met_by(record)
        female = np.array([kind.adult and kind.gender == "female" for kind in record.catalog.lice.types])
        fish = record.catalog.lice.counting.fish
        free_from, day_of_year = 0, record.case.plan.days_of_year()
        for time in np.unique(done.kind):
            operation = met.operation(int(time))
            first = int(done.day[done.kind == time].min()) - infested.first_day
            ready = 1 + operation.fasting_days + met.delay_days(int(time))
            counts = [
                # Of rings that have fish.
                (int(day), each[made][:, female].sum() / (fish * made.sum()))
                for day, each, made in zip(infested.counted_on, infested.counts, infested.made, strict=True)
                if free_from <= day <= first - ready
            ]
            calls = [day for day, found in counts if spec.called_for(found, day_of_year[infested.first_day + day])]
            # With one batch at sea in each geography the boat waits for nobody, but for storms.
            assert calls
            storm = storms(record.case, record.batch.geography, infested.first_day + first)
            assert storm[infested.first_day + calls[0] + ready :].all()
            free_from = first + spec.least_gap_days
        times.append(len(np.unique(done.kind)))
        known = before.history.treatments
        earlier = done.day <= before.last_day
        for name in ("assignment", "day", "kind"):
            np.testing.assert_array_equal(getattr(done, name)[earlier], getattr(known, name))
    assert max(times) > 1


def test_boats_come_to_whoever_called_first_and_no_two_groups_have_the_same_one() -> None:
    boats = Boats([0, 0], storm=np.arange(60) % 20 == 10)
    come: list[int] = []
    for wanted in (3, 4, 5, 10, 10):
        come.append(boats.offered(wanted))
        boats.taken(come[-1], come[-1] + 4)
    # The third waits for the first boat, the fourth for the other and for the storm to be over.
    assert come == [3, 4, 8, 11, 13]


def test_every_container_is_vaccinated_four_times_and_every_ring_deloused_twice_before_harvest(at_sea: Any) -> None:
    harvested = 0
    for record, found in at_sea:
        treatment, a = found["health_treatment"], record.history.assignments
        stay, day = stay_of(record, treatment["batch_assignment_id"]), day_of(record, treatment["treatment_date"])
        vaccination = treatment["treatment_type"] == "vaccination"
        assert sorted(set(day[vaccination] - record.start_day)) == [180, 210, 280, 310]
        assert vaccination.sum() == 40
        assert (a.stage[stay[~vaccination]] == SEA).all()
        assert ((day >= a.first_day[stay]) & (day < a.departure_day[stay])).all()
        harvests = record.history.harvests
        clear = np.zeros(len(a.stage), np.int64)
        np.maximum.at(clear, stay, day + treatment["withholding_period_days"])
        assert (clear[harvests.assignment] <= harvests.day).all()
        assert (np.bincount(stay[~vaccination], minlength=len(a.stage))[harvests.assignment] == 2).all()
        assert set(treatment["withholding_period_days"]) == ({21, 42} if (~vaccination).any() else {21})
        weighed = treatment["includes_weighing"].astype(bool)
        assert 2 <= weighed.sum() <= 8
        assert set(day[weighed] - record.start_day) == {280}
        harvested += len(harvests.day)
    assert harvested > 0


def test_treatments_and_the_journal_tell_of_each_other(world: Any) -> None:
    categories: set[str] = set()
    checks = 0
    for record, found in world:
        entry = columns(found["health_journalentry"])
        categories |= set(entry["category"])
        assert (np.diff(entry["entry_date"].astype(np.int64)) >= 0).all()
        if "health_treatment" not in found:
            continue
        treatment = columns(found["health_treatment"])
        linked = treatment["journal_entry_id"] - entry["id"][0]
        vaccination = treatment["treatment_type"] == "vaccination"
        assert (entry["category"][linked] == np.where(vaccination, "vaccination", "treatment")).all()
        late = day_of(record, treatment["treatment_date"]) - day_of(record, entry["entry_date"][linked])
        assert ((late >= 0) & (late <= 5)).all()
        links = treatment["sampling_event_id"]
        if links.any():
            event = columns(found["health_healthsamplingevent"])
            at = links[links > 0] - event["id"][0]
            assert (event["assignment_id"][at] == treatment["batch_assignment_id"][links > 0]).all()
            checks += len(at)
    assert categories == set(JournalEntry.Category.values)
    assert checks > 0


@pytest.mark.parametrize("days", [37, 100])
def test_an_earlier_as_of_day_gives_the_same_first_rows(plan: Plan, world: Any, days: int) -> None:
    later = {record.index: found for record, found in world}
    earlier = replace(plan, as_of=plan.as_of - timedelta(days=days))
    compared = 0
    for record in records(earlier):
        for name, rows in tables(record).items():
            whole = later[record.index][name].slice(0, len(rows))
            for column in rows.column_names:
                if column not in CHANGING.get(name, ()):
                    assert rows[column].combine_chunks().equals(whole[column].combine_chunks()), (name, column)
            compared += len(rows)
    assert compared > 100_000


def test_lice_fall_after_a_treatment_and_come_back(at_sea: Any) -> None:
    before, after, weeks_later = [], [], []
    for record, found in at_sea:
        a, count = record.history.assignments, found["health_licecount"]
        stay, day = stay_of(record, count["assignment_id"]), day_of(record, count["count_date"])
        number = np.zeros((len(a.stage), record.last_day + 120), np.int64)
        np.add.at(number, (stay, day), mobiles_found(record, count))
        for ring, treated in zip(record.history.treatments.assignment, record.history.treatments.day, strict=True):
            since = int(treated - a.first_day[ring])
            last = treated - (since % 7 or 7)
            if last + 56 < a.departure_day[ring]:
                before.append(number[ring, last])
                after.append(number[ring, last + (7 if since % 7 else 14)])
                weeks_later.append(number[ring, last + 56])
    assert len(before) > 100
    # Untreated they change by a few per cent a week; the ways to delouse take 68-88 % of mobile lice.
    assert 0.10 < sum(after) / sum(before) < 0.40
    assert sum(weeks_later) > 1.8 * sum(after)


def test_outcomes_follow_what_was_counted_and_methods_differ(at_sea: Any) -> None:
    outcomes = np.concatenate(
        [t["health_treatment"]["outcome"][t["health_treatment"]["treatment_type"] != "vaccination"] for _, t in at_sea]
    )
    judged = outcomes[outcomes != "pending"]
    assert set(judged) == {"successful", "partial", "unsuccessful"}
    assert 0.4 < (judged == "successful").mean() < 0.95
    for record, found in at_sea:
        treatment = found["health_treatment"]
        old = day_of(record, treatment["treatment_date"]) < record.last_day - 30
        assert (treatment["outcome"][old] != "pending").all()


def test_deaths_rise_in_the_week_after_a_treatment(at_sea: Any) -> None:
    week_before = week_after = 0
    for record, found in at_sea:
        treatment = found["health_treatment"]
        deloused = treatment["treatment_type"] != "vaccination"
        stay = stay_of(record, treatment["batch_assignment_id"][deloused])
        day = day_of(record, treatment["treatment_date"][deloused])
        a, deaths = record.history.assignments, record.history.days.deaths
        row = a.row[stay] + day - a.first_day[stay]
        whole = a.departure_day[stay] > day + 7
        week_before += sum(deaths[r - 7 : r].sum() for r in row[whole])
        week_after += sum(deaths[r : r + 7].sum() for r in row[whole])
    assert week_after > 2.5 * week_before


def test_scores_are_worse_where_deaths_are_high_and_in_runts(at_sea: Any) -> None:
    deaths, means, runts, others = [], [], [], []
    body = list(company()[1].health_parameter_name).index("Body Condition")
    for record, found in at_sea:
        event, a = found["health_healthsamplingevent"], record.history.assignments
        stay = stay_of(record, event["assignment_id"])
        row = a.row[stay] + day_of(record, event["sampling_date"]) - a.first_day[stay]
        dead = [record.history.days.deaths[max(r - 13, a.row[s]) : r + 1].sum() for r, s in zip(row, stay, strict=True)]
        score = found["health_fishparameterscore"]["score"].reshape(-1, 75, 9)
        weight_g = found["health_individualfishobservation"]["weight_g"].reshape(-1, 75)
        small = weight_g < np.quantile(weight_g, 0.1, axis=1, keepdims=True)
        deaths += list(dead / record.history.days.fish[row])
        means += list(score.mean(axis=(1, 2)))
        runts.append(score[..., body][small])
        others.append(score[..., body][~small])
    order = np.argsort(deaths)
    worst, best = np.array(means)[order[-len(order) // 5 :]], np.array(means)[order[: len(order) // 5]]
    assert worst.mean() > 1.6 * best.mean()
    assert np.concatenate(runts).mean() > 2.5 * np.concatenate(others).mean()


def test_a_handling_is_felt_for_weeks(at_sea: Any) -> None:
    """Moves, vaccinations and delousings of the container itself, most on their day and less with every day after."""
    felt = []
    for record, _ in at_sea:
        checked, a = health.checks.checks(record), record.history.assignments
        weight = health.checks.burdens(record, checked, None)[:, health.checks.BURDENS.index("handling")]
        lasting_days = record.catalog.health.checks.handling_lasts_days
        for stay, day, found in zip(checked.assignment, checked.day, weight, strict=True):
            handled = [a.first_day[stay]]
            for operation in (record.history.vaccinations, record.history.treatments):
                handled += list(operation.day[operation.assignment == stay])
            wanted = sum(np.exp(-(day - on) / lasting_days) for on in handled if on <= day)
            assert found == pytest.approx(wanted)
        felt.append(weight)
    assert np.concatenate(felt).max() > 0.2


def test_lice_are_more_in_autumn_than_in_spring_and_crowd_on_few_fish(at_sea: Any) -> None:
    females, months, clumped = [], [], []
    adult = POPULATIONS.index("adult")
    for record, _ in at_sea:
        infested = lice.infestation(record)
        assert infested is not None
        # From the third month on: before, the fish have had no time to gather lice in any season.
        day = np.arange(90, len(infested.lice))
        females.append(infested.lice[day, adult].mean(axis=1) / 2)
        months.append(record.date(infested.first_day + day).astype("datetime64[M]").astype(int) % 12 + 1)
        kind = record.farm.lice_type_name.index("Lepeophtheirus salmonis female adult")
        seen = np.array([method.confidence for method in record.catalog.lice.counting.methods])[infested.method]
        mean = 20 * 0.49 * seen * infested.lice[infested.counted_on, adult]
        clumped.append(((infested.counts[:, :, kind] - mean) ** 2 / mean)[infested.made & (mean > 2)])
    female, month = np.concatenate(females), np.concatenate(months)
    autumn, spring = (female[np.isin(month, season)].mean() for season in ((9, 10, 11, 12), (3, 4, 5, 6)))
    assert autumn > 1.8 * spring
    assert 0.1 < female.mean() < 1.5
    # A Poisson count would have a variance of its mean.
    assert np.concatenate(clumped).mean() > 1.25


def test_lice_develop_as_published() -> None:
    # 53 days at 8 C and 41 at 10 C from chalimus to adult in the Faroes.
    assert development_days(np.array([8.0, 10.0])).round().tolist() == [53.0, 41.0]
    # Nothing settles, nothing lives; what has settled is all there as long as nothing dies.
    nothing, days = np.zeros((60, len(POPULATIONS), 3)), 60
    assert (lice_per_fish(nothing, nothing, nothing + 1.0, 0.5) == 0).all()
    settling = nothing.copy()
    settling[:, 0] = 0.1
    moults = nothing.copy()
    moults[:, :3] = 0.05
    assert np.allclose(lice_per_fish(settling, moults, nothing + 1.0, 0.0)[-1].sum(axis=0), 0.1 * days)


@pytest.mark.django_db
def test_a_batchs_health_record_fits_the_database(world: Any) -> None:
    """With every key and check in place; readings, half a million rows that nothing here refers to, are left out."""
    catalog, farm = company()
    init(catalog, farm)
    case = replace(world[0][0].case, farm=with_database_ids(farm, connection))
    record = replace(world[0][0], case=case)
    connection.ensure_connection()
    ledger.prepare(connection.connection)
    families = [family for family in FAMILIES if family is not readings]
    written = postgres._copy_all(
        connection.connection, [(model, rows) for each in families for model, rows, *_ in each.expand(record)]
    )
    connection.check_constraints()
    assert written["health_fishparameterscore"].rows == 9 * written["health_individualfishobservation"].rows
    event = HealthSamplingEvent.objects.order_by("sampling_date").first()
    assert event is not None
    assert event.individual_fish_observations.count() == 75
    entry = JournalEntry.objects.filter(category="treatment").first()
    assert entry is not None
    assert entry.linked_treatments.count() == len(record.batch.containers[SEA])


def test_a_laboratory_is_asked_by_the_calendar_and_mostly_finds_nothing(world: Any) -> None:
    findings: list[str] = []
    answered_after: set[int] = set()
    for _, found in world:
        samples = found.get("health_healthlabsample")
        for row in samples.to_pylist() if samples is not None else ():
            assert (row["date_results_received"] is None) == (row["findings_summary"] is None)
            if "-R" in row["lab_reference_id"] and row["date_results_received"]:
                answered_after.add((row["date_results_received"] - row["sample_date"]).days)
                findings.append(row["findings_summary"])
    negative = np.mean([finding.startswith("Negative") for finding in findings])
    due = sum(len(each.days_of_stage) * each.containers for each in world[0][0].catalog.health.routine_samples)
    assert len(findings) > due  # more than one whole life of samples
    assert min(answered_after) < 6
    assert max(answered_after) > 12
    assert 0.7 < negative < 0.95


def test_an_answer_that_comes_late_is_of_no_container_that_is_empty() -> None:
    """Seeds of which a laboratory's answer came after its fish had left (lived outbreaks meet moves and harvests)."""
    late = 0
    for record in records(small_plan(seed=2, batches=3, stagger_days=150, containers=4, way="lived")):
        a, found = record.history.assignments, health.checks.checks(record)
        for entry in health.journal.happenings(record, lice.infestation(record), found).entries:
            late += entry.category == "diagnosis" and entry.assignment < 0
            assert entry.assignment < 0 or (
                a.first_day[entry.assignment] <= entry.day <= a.departure_day[entry.assignment]
            )
    assert late


def test_what_is_still_to_come_does_not_round_what_handlings_did() -> None:
    rng = np.random.default_rng(1)
    day, handled_day = np.full(200, 100), np.sort(rng.integers(0, 100, 15))
    of, handled = rng.integers(0, 2, 200), rng.integers(0, 2, 15)
    now = after_handling(day, of, handled_day, handled, 14.3)
    later = np.concatenate([handled_day, 101 + np.arange(30)]), np.concatenate([handled, rng.integers(0, 2, 30)])
    np.testing.assert_array_equal(now, after_handling(day, of, *later, 14.3))
