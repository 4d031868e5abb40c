"""Whatever is given, a catalog, flags: it is used, or refused in one message, and never more than that."""

import copy
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from aquamind.errors import UserError
from datagen import cli
from datagen.case import Case
from datagen.catalog import Catalog, reader
from datagen.catalog.reader import DEFAULT_FOLDER, load, parse, plain
from datagen.farm import resolve
from datagen.planning.plan import Plan
from datagen.planning.presets import single_plan
from datagen.simulation.history import History
from datagen.simulation.loop import simulate
from tests.worlds import stored

UNREACHABLE = "postgresql://nobody:secret@127.0.0.1:1/nowhere"
TEXTS = {path.stem: path.read_text("utf-8") for path in sorted(DEFAULT_FOLDER.glob("*.yaml"))}
DATA = {subject: plain(parse(text, Path(subject))) for subject, text in TEXTS.items()}

# A deadline is what tells a hang; the machine may be busy.
PLENTY = settings(
    max_examples=200,
    deadline=60_000,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

Place = tuple[Any, ...]


def places(node: Any, path: Place = ()) -> Iterator[Place]:
    """Every place of a document."""
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in items:
        yield (*path, key)
        yield from places(value, (*path, key))


def at(node: Any, path: Place) -> Any:
    for step in path:
        node = node[step]
    return node


@pytest.fixture(scope="module", autouse=True)
def _parsed_once() -> Iterator[None]:
    """Files that stay as they are, twenty of a catalog's, are parsed once for all its hundreds of mutations."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reader, "parse", lru_cache(64)(reader.parse))
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(DEFAULT_FOLDER, tmp_path_factory.mktemp("catalogs") / "company"))


def used_or_refused(folder: Path, subject: str, text: str | bytes) -> Catalog | None:
    """The catalog with one file's text exchanged; None if it was refused, in a message of readable length."""
    path = folder / f"{subject}.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
    try:
        catalog = load(folder)
    except UserError as error:
        told = str(error)
    else:
        assert resolve(catalog).container_name
        return catalog
    finally:
        path.write_text(TEXTS[subject], "utf-8")
    assert str(folder) in told
    assert len(told) < 12_000
    return None


NUMBERS = st.sampled_from(
    [0, 1, -1, 2, 7, 366, 10**4, 10**9, 2**63, 10**400, -0.5, 1e-9, 0.5, 1.5, 1e6, 1e300, float("nan"), float("inf")]
)
JUNK = st.one_of(
    NUMBERS, st.none(), st.booleans(), st.text(max_size=8), st.just("x" * 300), st.dates(), st.just([]), st.just({}),
    st.lists(st.integers(), max_size=2), st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)  # fmt: skip


@PLENTY
@given(st.data())
def test_a_mutated_catalog_is_used_or_refused(folder: Path, data: Any) -> None:
    subject = data.draw(st.sampled_from(sorted(DATA)))
    document = copy.deepcopy(DATA[subject])
    for _ in range(data.draw(st.integers(1, 3))):
        found = list(places(document))
        assume(found)
        path = data.draw(st.sampled_from(found))
        parent, value = at(document, path[:-1]), at(document, path)
        match data.draw(st.sampled_from(["delete", "change", "again", "exchange", "rename", "empty"])):
            case "delete":
                del parent[path[-1]]
            case "change":
                parent[path[-1]] = data.draw(JUNK)
            case "again" if isinstance(parent, list):
                parent.append(copy.deepcopy(value))
            case "rename" if isinstance(parent, dict):
                parent[data.draw(st.text(max_size=5))] = parent.pop(path[-1])
            case "empty" if isinstance(value, list | dict):
                value.clear()
            case _:
                parent[path[-1]] = copy.deepcopy(at(document, data.draw(st.sampled_from(found))))
    used_or_refused(folder, subject, yaml.safe_dump(document, allow_unicode=True))


@PLENTY
@given(st.data())
def test_a_catalog_of_mutated_text_is_used_or_refused(folder: Path, data: Any) -> None:
    subject = data.draw(st.sampled_from(sorted(TEXTS)))
    text = TEXTS[subject]
    for _ in range(data.draw(st.integers(1, 4))):
        begin = data.draw(st.integers(0, len(text)))
        end = min(begin + data.draw(st.integers(0, 30)), len(text))
        marks = st.sampled_from(
            [*":-?[]{},&*!|>'\"%@`#\t\n ", "<<: ", "!!int ", "!!binary ", "!!set ", "!boss ", "---\n", "...", "&a ",
             "*a", '"\\ud800"', '"\\0"', "\ud800", "\0", "NO", "0x", "1:30", ".inf", "=", "~"]
        )  # fmt: skip
        text = text[:begin] + data.draw(st.one_of(st.just(""), marks, st.text(max_size=5))) + text[end:]
    used_or_refused(folder, subject, text)


BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, name in zip("abcdefghi", "bcdefghij", strict=True)
)
TRAPS: dict[str, str | bytes] = {
    "deep": "suppliers: " + "[" * 100_000,
    "deeper": "{a: " * 100_000,
    "bomb": BOMB,
    "many faults": "suppliers:\n" + "  - {nam: x}\n" * 5_000,
    "long key": "? " + "x" * 100_000 + "\n: 1",
    "keys of lists": "? [a]\n: 1",
    "nothing": "",
    "no text": b"\xff\xfe\x00",
    "large": b"#" * 21_000_000,
}


@pytest.mark.parametrize("trap", TRAPS)
def test_traps_of_yaml_are_refused(folder: Path, trap: str) -> None:
    assert used_or_refused(folder, "suppliers", TRAPS[trap]) is None


def by_month(sea: dict[str, Any], monthly_c: list[float]) -> dict[str, Any]:
    sinusoid = ("mean_c", "amplitude_c", "warmest_day")
    return {name: value for name, value in sea.items() if name not in sinusoid} | {"monthly_c": monthly_c}


ABSURD = {
    "no hall for a stage": ("containers.station_layouts.0.halls.2.stage", None, "has a hall for parr"),
    "a hall for the sea": ("containers.station_layouts.0.halls.0.stage", "adult", "lives at sea"),
    "a ring for fry": ("containers.area_layouts.0.stage", "fry", "The stage at sea is adult"),
    "no area": ("sites.areas", lambda areas: [a for a in areas if a["geography"] != "Scotland"], "no sea area"),
    "nothing in production": (
        "sites",
        lambda sites: {
            kind: [{**site, "in_production": False} for site in found] if kind != "area_groups" else found
            for kind, found in sites.items()
        },
        "No station or area is in production",
    ),
    "no container": ("containers.area_layouts.0.containers", 0, "greater than 0"),
    "a reading without room": ("environment.parameters.0.minimum", 22, "minimum must be below maximum"),
    "an optimum without room": ("environment.parameters.0.optimal_max", 6, "optimal_min must be below"),
    "a sensor of nothing": ("water.sensors", lambda sensors: sensors[1:], "what its sensor shows"),
    "feed without a price": ("feeds.feeds.0.price_per_kg", 0, "greater than"),
    "a year of eleven months": ("water.climates.shetland", lambda sea: by_month(sea, [8.0] * 11), "at least 12 items"),
    "a month of ice": (
        "water.climates.shetland",
        lambda sea: by_month(sea, [8.0] * 11 + [-9.0]),
        "greater than or equal to -2",
    ),
    "two courses of a year": ("water.climates.shetland.monthly_c", [8.0] * 12, "Give monthly_c, or mean_c with"),
    "half a course of a year": ("water.climates.shetland.mean_c", None, "Give monthly_c, or mean_c with"),
    "water elsewhere": ("water.freshwater.0.geography", "Scotland", "'Faroe Islands'. Nothing is said of it here"),
    "storms elsewhere": ("water.storms.0.geography", "Scotland", "'Faroe Islands'. Nothing is said of it here"),
    "storms of nowhere": ("water.storms.0.geography", "Iceland", "company.geographies.name has no such name"),
    "storms of two minds": (
        "water.storms",
        lambda storms: [*storms, copy.deepcopy(storms[0])],
        "Another one before has the same",
    ),
    "storms of no month": ("water.storms.0.months", [13], "less than or equal to 12"),
    "lice elsewhere": ("lice.biology.settling.0.geography", "Scotland", "'Faroe Islands'. Nothing is said of it here"),
    "released on no day": ("scenarios.growth.0.sea_release_day_of_year", 366, "less than or equal to 365"),
    "a code too short": ("company.geographies.0.code", "F", "'F'. Write 2 to 10 capital letters or digits"),
    "a code with a dash": ("company.geographies.0.code", "FA-R", "'FA-R'. Write 2 to 10 capital letters or digits"),
    "a profile unknown": ("company.geographies.0.profile_code", "NO", "'NO'. Input should be 'FO', 'SC' or 'ALL'"),
    "too many rings": ("containers.area_layouts.0.containers", 1000, "less than or equal to 999"),
    "feed too coarse": ("feeds.feeds.1.pellet_size_mm", 9, "Fish of 6 to 60 g eat pellets of 0.5 to 1.9 mm, not of 9"),
    "feed from nowhere on": ("biology.stages.5.feeds.0.from_weight_g", 100, "begin at from_weight_g 0"),
    "nobody to sign": ("people.users", lambda users: [u for u in users if u["role"] != "VET"], "'VET'"),
    "no time to harvest": ("biology.stages.5.duration_days", 10, "harvest of 20 rings takes"),
    "withheld too long": ("biology.lice_treatments.1.withholding_days", 300, "treat earlier"),
    "deloused before the sea": ("biology.lice_treatments.0.jitter_days", 150, "before it"),
    "deloused uncounted": ("lice.counting.first_sea_day", 200, "first counted on day 200"),
    "vaccinated after the stage": ("biology.vaccinations.3.day_of_stage", 90, "lasts 90 days"),
    "planned after the stage": ("activities.templates.6.day_of_stage", 95, "lasts 90 days"),
    "moved after the first day": ("activities.templates.0.day_of_stage", 1, "on its first day"),
    "a hardship of no stage": (
        "ways.lived.mortality.hardships.0.daily",
        lambda daily: {**daily, "post-smolt": 0.0001},
        "no such stage",
    ),
    "graded into rings": ("ways.lived.grading.into", "adult", "between tanks; name one of fry, parr"),
    "a hardship twice": ("ways.lived.mortality.hardships.1.daily", {"adult": 0.1, "fry": 0.1}, "stands in two"),
    "checked after the stage": ("health.checks.day_of_stage", 90, "lasts 90 days"),
    "sampled after the stage": ("health.routine_samples.0.days_of_stage", [40, 90], "lasts 90 days"),
    "projected too short": ("scenarios.duration_days", 760, "may last 900 days"),
    "lived too long": (
        "biology.stages",
        lambda stages: [{**stage, "duration_days": 1000} for stage in stages],
        "shorten them to 3650",
    ),
    "eggs of none": ("biology.eggs.count_min", 40, "greater than or equal to 100"),
    "no transfer": ("biology.transfers", lambda moves: moves[1:], "No transfer leads into this stage"),
    "no water": ("water.freshwater.0.tempering", lambda waters: waters[1:], "has no water"),
    "no deaths": ("mortality.stages", lambda hazards: hazards[:-1], "deaths of this stage are missing"),
    "no cause": ("mortality.stages.0.causes", {"UNKNOWN": 0}, "weight above 0"),
    "no price": ("finance.prices", lambda prices: prices[1:], "prices are missing"),
    "no price of a grade": ("finance.prices.0.grades", lambda grades: grades[1:], "has no price for it"),
    "parents nowhere": ("broodstock.parents.0.station", "S99", "Faroe Islands has no station of this code"),
    "nowhere to spawn": ("broodstock.parents.0.spawning_hall", "X", "Name one of the station's halls (A, B, C, D)"),
    "parents of no aim": ("broodstock.parents.0.priorities.0.weight", 0.5, "The weights of the traits sum to 1.1"),
    "no growth": ("scenarios.growth", lambda growth: growth[1:], "Nothing is said of it here"),
}


@pytest.mark.parametrize("case", ABSURD)
def test_what_is_well_typed_and_absurd_is_one_message(folder: Path, case: str) -> None:
    place, new, words = ABSURD[case]
    subject, *names = place.split(".")
    steps = [int(name) if name.isdigit() else name for name in names]
    holder: dict[str | int, Any] = {"": copy.deepcopy(DATA[subject])}
    path = ("", *steps)
    parent = at(holder, path[:-1])
    parent[path[-1]] = new(parent[path[-1]]) if callable(new) else new
    text = yaml.safe_dump(holder[""], allow_unicode=True)
    (folder / f"{subject}.yaml").write_text(text, "utf-8")
    try:
        with pytest.raises(UserError) as told:
            load(folder)
    finally:
        (folder / f"{subject}.yaml").write_text(TEXTS[subject], "utf-8")
    assert words in str(told.value)
    # What is wrong in two geographies, or for the treatments, samples and activities of a stage, is told for each.
    assert str(told.value).count("\n") <= 12


def lived(catalog: Catalog) -> tuple[Plan, History, int]:
    """A tenth of a batch with one container a stage, from egg to long after harvest, and how many rows it has."""
    farm = resolve(catalog)
    start = date(2022, 1, 1)
    plan = single_plan(catalog, farm, "Faroe Islands", start, None, start, 1)
    batch = plan.batches[0]
    few = replace(batch, eggs=batch.eggs // 10, containers=tuple(each[:1] for each in batch.containers))
    plan = replace(plan, as_of=date(2024, 8, 1), batches=(few,))
    case = Case(catalog, farm, plan)
    history = simulate(case, 0)
    rows = sum(each.rows for tables in stored(case, {0: history}).content().values() for each in tables.values())
    return plan, history, rows


MEASURES = [
    (subject, *path)
    for subject, document in DATA.items()
    if subject != "sites"
    for path in places(document)
    if isinstance(at(document, path), int | float) and not isinstance(at(document, path), bool)
]


@settings(PLENTY, max_examples=60)
@given(st.data())
def test_a_company_that_is_accepted_lives(folder: Path, data: Any) -> None:
    """Up to two measures of the default company changed, within what is accepted: fish and feed are conserved."""
    documents = copy.deepcopy(DATA)
    for _ in range(data.draw(st.integers(1, 2))):
        path = data.draw(st.sampled_from(MEASURES))
        old = at(documents, path)
        factor = data.draw(st.sampled_from([0, 0.01, 0.1, 0.5, 0.9, 1.1, 2, 10, 100, 1e5, 1e12]))
        at(documents, path[:-1])[path[-1]] = int(old * factor) if isinstance(old, int) else old * factor
    changed = {name for name in DATA if documents[name] != DATA[name]}
    for name in changed:
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(documents[name], allow_unicode=True), "utf-8")
    try:
        catalog = load(folder)
    except UserError:
        return
    finally:
        for name in changed:
            (folder / f"{name}.yaml").write_text(TEXTS[name], "utf-8")
    try:
        plan, history, rows = lived(catalog)
    except UserError as refused:
        # More fish than have room.
        if refused.field != "eggs":
            raise
        return
    assert rows > 0
    assert_conserved(plan, history)


def assert_conserved(plan: Plan, history: History) -> None:
    stays, days, moves, bought = history.assignments, history.days, history.moves, history.purchases
    dead = np.array([days.deaths[row : row + n].sum() for row, n in zip(stays.row, stays.days, strict=True)])
    assert (stays.fish_in - dead == stays.fish_out).all()
    assert (days.deaths >= 0).all()
    assert (days.deaths <= days.fish).all()
    assert history.deliveries.eggs.sum() == plan.batches[0].eggs
    ends = history.deliveries.dead.sum() + dead.sum() + moves.died.sum() + history.harvests.fish.sum()
    assert plan.batches[0].eggs == ends + stays.fish_out[~stays.left].sum()
    assert days.feed_g.sum() == (bought.quantity_g - bought.left_g).sum()
    assert np.isfinite(days.weight_g).all()


FLAG_VALUES = st.one_of(
    NUMBERS.map(str),
    st.integers().map(str),
    st.floats().map(str),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=10),
    st.sampled_from(
        ["small", "medium", "guide", "production", "Scotland", "Faroe Islands", "Iceland", "2025-11-21", "2025-02-30",
         "0001-01-01", "9999-12-31", "1e3", "-", "--", "/", "/dev/null", ".", "nan", "true", "\u0663", "1_000"]
    ),
)  # fmt: skip
COMMANDS = {
    "run": ["--preset", "--as-of", "--seed", "--years", "--stagger", "--saturation", "--batches", "--ages", "--catalog",
            "--workers", "--database-name-to-destroy"],
    "plan": ["--preset", "--as-of", "--seed", "--years", "--stagger", "--saturation", "--finished", "--catalog"],
    "batch": ["--start-date", "--eggs", "--geography", "--duration", "--as-of", "--seed", "--catalog"],
    "generate": ["--catalog", "--workers", ""],
    "advance": ["--to", "--catalog", "--workers"],
    "init": ["--catalog", "--only"],
    "analyse": ["--batch", "--status", "--workers"],
}  # fmt: skip
USUAL = {
    "run": ["--preset", "small", "--dry-run"],
    "plan": ["--dry-run"],
    "batch": ["--start-date", "2025-01-01", "--eggs", "1000", "--geography", "Scotland"],
    "generate": ["nowhere.yaml"],
}


@PLENTY
@given(st.data())
def test_any_flags_are_used_or_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: Any) -> None:
    """Nothing can be written here, so that all that is right ends at the server that does not answer."""
    monkeypatch.setenv("DATABASE_URL", UNREACHABLE)
    monkeypatch.chdir(tmp_path)
    command = data.draw(st.sampled_from(sorted(COMMANDS)))
    given_flags: list[str] = []
    for flag in data.draw(st.lists(st.sampled_from(COMMANDS[command]), min_size=1, max_size=3)):
        given_flags += [flag, data.draw(FLAG_VALUES)] if flag else [data.draw(FLAG_VALUES)]
    done = CliRunner().invoke(cli.app, [command, *USUAL.get(command, []), *given_flags])
    assert done.exception is None or isinstance(done.exception, UserError | SystemExit), repr(done.exception)
    assert done.exit_code in (0, 1, 2)
    assert "Traceback" not in done.output
    assert "secret" not in done.output + str(done.exception)
    assert not list(tmp_path.iterdir())
