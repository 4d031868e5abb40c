"""Companies of fewer and of more life stages than the built-in one live, are carried on, and keep every law."""

import copy
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from pytest_django import DjangoDbBlocker

from datagen import checks, runs
from datagen.biology import feeding
from datagen.case import Case
from datagen.catalog import Catalog
from datagen.catalog.reader import load
from datagen.farm import resolve
from datagen.planning.presets import Preset, make_plan
from datagen.runs import advancing
from tests.test_pipeline import Silent
from tests.test_wrong_input import DATA, assert_conserved, lived
from tests.worlds import AS_OF

Edit = Callable[[dict[str, Any]], None]


def instead_of(node: Any, old: str, new: tuple[str, ...]) -> Any:
    """A document in which whatever is said of a stage, be it a hall, a hazard or a disease, is said of others."""
    if isinstance(node, dict):
        return {key: instead_of(value, old, new) for key, value in node.items()}
    if not isinstance(node, list):
        return new[0] if node == old else node
    out: list[Any] = []
    for item in node:
        if item == old:
            out += new
        elif isinstance(item, dict) and old in (item.get("key"), item.get("into"), item.get("stage")):
            out += [again(item, old, stage, number) for number, stage in enumerate(new)]
        else:
            out.append(instead_of(item, old, new))
    return out


def again(item: dict[str, Any], old: str, stage: str, number: int) -> dict[str, Any]:
    """The same of another stage; what must differ between the two does."""
    twin = {key: stage if value == old else copy.deepcopy(value) for key, value in item.items()}
    if number and "name" in twin:
        twin["name"] += f" {number + 1}"
    if number and "letter" in twin:
        twin["letter"] = chr(ord(twin["letter"]) + number)
    return twin


def throughout(documents: dict[str, Any], old: str, new: tuple[str, ...]) -> None:
    for subject, document in documents.items():
        documents[subject] = instead_of(document, old, new)


def five(documents: dict[str, Any]) -> None:
    """Smolt goes straight to sea."""
    documents["health"]["checks"]["first_stage"] = "adult"
    throughout(documents, "post_smolt", ())
    documents["biology"]["stages"][-1] |= {"weight_min_g": 180, "length_min_cm": 26.5}


def seven(documents: dict[str, Any]) -> None:
    """Post-smolt on land has two halls after each other."""
    throughout(documents, "post_smolt", ("post_smolt", "large_smolt"))
    first, second = documents["biology"]["stages"][4:6]
    first |= {"duration_days": 50, "weight_max_g": 320, "length_max_cm": 31.0}
    second |= {"duration_days": 50, "weight_min_g": 320, "length_min_cm": 31.0}
    documents["scenarios"]["duration_days"] = 910
    for sample in documents["health"]["routine_samples"]:
        if sample["stage"] in ("post_smolt", "large_smolt"):
            sample["days_of_stage"] = [15]


def three(documents: dict[str, Any]) -> None:
    """Eggs, one hall until the sea, the sea."""
    documents["health"]["checks"]["first_stage"] = "adult"
    for dropped in ("parr", "smolt", "post_smolt"):
        throughout(documents, dropped, ())
    journal = documents["health"]["journal"]
    journal["diseases"] = [disease for disease in journal["diseases"] if disease["stages"]]
    fry = documents["biology"]["stages"][1]
    fry |= {"duration_days": 360, "weight_max_g": 500, "length_max_cm": 36.0}
    documents["containers"]["station_layouts"][0]["halls"][1]["container_type"] = "Post-Smolt Tank"


def twelve(documents: dict[str, Any]) -> None:
    """Seven halls for the smolt."""
    smolts = ("smolt", *(f"smolt_{letter}" for letter in "bcdefg"))
    throughout(documents, "smolt", smolts)
    layout = documents["containers"]["station_layouts"][0]
    for letter, hall in zip("ABCDEFGHIJK", layout["halls"], strict=True):
        hall["letter"] = letter
    documents["activities"]["templates"] = documents["activities"]["templates"][:1]
    documents["biology"]["vaccinations"] = documents["biology"]["vaccinations"][:1]
    documents["health"]["routine_samples"] = documents["health"]["routine_samples"][:1]
    for stage in documents["biology"]["stages"]:
        if stage["key"] in smolts:
            stage["duration_days"] = 12


def small(documents: dict[str, Any]) -> None:
    """Two containers a hall, and the eggs for them."""
    for hall in documents["containers"]["station_layouts"][0]["halls"]:
        hall["containers"] = 2
    documents["biology"]["eggs"] |= {"count_min": 650_000, "count_max": 730_000}


def catalog_of(folder: Path, *edits: Edit) -> Catalog:
    documents = copy.deepcopy(DATA)
    del documents["ways"]  # of the stages that the built-in company has
    for change in edits:
        change(documents)
    for subject, document in documents.items():
        (folder / f"{subject}.yaml").write_text(yaml.safe_dump(document, allow_unicode=True), "utf-8")
    return load(folder)


def case_of(folder: Path, edit: Edit) -> Case:
    """Batches of 50, 340, 630 and 920 days, the oldest harvested."""
    catalog = catalog_of(folder, edit, small)
    farm = resolve(catalog)
    preset = Preset("medium", stagger_days=290, batches=2, containers_per_stage=2)
    plan, bound = make_plan(catalog, farm, preset, AS_OF, 1)
    assert bound is None
    return Case(catalog, farm, plan)


@pytest.mark.parametrize(("edit", "stages"), [(five, 5), (seven, 7)], ids=["five", "seven"])
def test_a_company_of_other_stages_keeps_every_law(
    edit: Edit, stages: int, tmp_path: Path, fresh_database: str, django_db_blocker: DjangoDbBlocker
) -> None:
    case = case_of(tmp_path, edit)
    assert len(case.stages.key) == stages
    with django_db_blocker.unblock():
        runs.execute(runs.Job(fresh_database, case, 1), Silent())
        assert broken_laws(fresh_database) == {}
        advancing.advance(fresh_database, case.catalog, case.farm, AS_OF + timedelta(days=5), 1, Silent())
        assert broken_laws(fresh_database) == {}
    with psycopg.connect(fresh_database) as connection:
        lived = connection.execute(
            "SELECT array_agg(DISTINCT stage.name), count(DISTINCT stage.id) FROM batch_lifecyclestage stage"
            " JOIN batch_batchcontainerassignment assignment ON assignment.lifecycle_stage_id = stage.id"
        ).fetchone()
    assert lived is not None
    assert (set(lived[0]), lived[1]) == (set(case.stages.name), stages)


@pytest.mark.parametrize(("edit", "stages"), [(three, 3), (twelve, 12)], ids=["three", "twelve"])
def test_the_fewest_and_the_most_stages_live(edit: Edit, stages: int, tmp_path: Path) -> None:
    catalog = catalog_of(tmp_path, edit)
    assert len(catalog.biology.stages) == stages
    plan, history, rows = lived(catalog)
    assert rows > 0
    assert len(history.harvests.fish) > 0
    assert_conserved(plan, history)


def test_the_law_and_the_catalog_agree_on_pellets() -> None:
    law = next(check for check in checks.checks() if check.name == "feed_given")
    for (factor, power), end in ((feeding.FINEST, "min"), (feeding.COARSEST, "max")):
        assert f"{factor} * lifecycle.expected_weight_{end}_g::float8 ^ {power}" in law.query


def broken_laws(dsn: str) -> dict[str, Any]:
    verdicts = checks.verify(dsn, 1, Silent())
    # Too few batches to find two that begin soon after one another.
    assert [verdict.name for verdict in verdicts if not verdict.checked] == ["mix_events"]
    return {verdict.name: verdict.rows for verdict in verdicts if verdict.offending}
