"""Companies beside each other in files: each that of its seed, and no key of one is found in another."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest

from aquamind.errors import UserError
from datagen.case import Case
from datagen.files import companies as keys
from datagen.files import fields
from datagen.keys import keys as keys_of
from datagen.runs import companies, exporting, protection, wiping
from datagen.storage import arrow
from tests.frozen import tiny
from tests.test_cli import SMALL, aquamind
from tests.worlds import Silent

UNDECLARED = [
    ("batch_liveforwardprojection", "temp_profile_id", "scenario_temperatureprofile"),
    ("finance_factharvest", "dim_batch_id", "batch_batch"),
    ("finance_navexportline", "batch_id_int", "batch_batch"),
    *(("finance_core_valuationrun", column, "batch_batch") for column in keys.IN_JSON["finance_core_valuationrun"]),
]
"""Columns that refer to a table without a foreign key."""


def case_of(company: int) -> Case:
    case = tiny()
    return replace(case, plan=replace(case.plan, seed=case.plan.seed + company - 1))


def job(folder: Path, number: int = 3) -> companies.Job:
    return companies.Job(folder, case_of, number, "parquet", 1)


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("companies") / "record"
    companies.execute(job(folder), Silent())
    return folder


def manifest(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
    return found


def tables(folder: Path) -> Iterator[tuple[Any, pa.Table]]:
    told = manifest(folder)["tables"]
    for model in fields.models(told):
        paths = sorted(folder.glob(told[model._meta.db_table]["files"]))
        yield model, pa.concat_tables([pa.parquet.ParquetFile(path).read() for path in paths])


def test_each_company_is_that_of_its_seed(several: Path, tmp_path: Path) -> None:
    alone = exporting.execute(exporting.Job(tmp_path / "alone", case_of(2), "parquet", 1), Silent())[1]
    assert manifest(several / "company=2")["units"] == alone["units"]
    for (model, company), (_, one) in zip(tables(several / "company=2"), tables(tmp_path / "alone"), strict=True):
        spans = keys._spans(model)
        for name in one.column_names:
            shift = spans.get(name, 0)
            expected = pa.compute.add(one[name], pa.scalar(shift, one[name].type)) if shift else one[name]
            if name in keys.IN_JSON.get(model._meta.db_table, ()):
                expected = pa.chunked_array([keys.in_json(one[name], keys.NARROW_SPAN)])
            assert company[name].equals(expected), (model, name)


def test_no_key_of_one_is_found_in_another(several: Path) -> None:
    """References are to rows of the same company, those by content type and number too."""
    each = {company: dict(tables(several / f"company={company}")) for company in (1, 2, 3)}
    primary = {
        company: {model._meta.db_table: set(table[model._meta.pk.column].to_pylist()) for model, table in found.items()}
        for company, found in each.items()
    }
    assert all(primary[1][table].isdisjoint(primary[3][table]) for table in primary[1])
    assert all(primary[2][table].isdisjoint(primary[3][table]) for table in primary[1])
    followed = 0
    for company, found in each.items():
        for model, table in found.items():
            for field in model._meta.concrete_fields:
                target = field.is_relation and field.target_field.model._meta.db_table
                if target in primary[company]:
                    assert set(table[field.column].to_pylist()) - {None} <= primary[company][target], (model, field)
                    followed += 1
        numbers = {model._meta.db_table: table for model, table in found.items()}["finance_intercompanytransaction"]
        there = primary[company]["batch_batchtransferworkflow"] | primary[company]["harvest_harvestevent"]
        assert set(numbers["object_id"].to_pylist()) <= there
        # What is master data, too: people and places of one company are not those of another.
        rings = {model._meta.db_table: table for model, table in found.items()}["batch_batchcontainerassignment"]
        assert {key // keys.SPAN for key in rings["container_id"].to_pylist()} == {company - 1}
        for table, column, target in UNDECLARED:
            [named] = [rows[column] for model, rows in found.items() if model._meta.db_table == table]
            text = "".join(map(str, named.to_pylist())) if pa.types.is_string(named.type) else None
            told = named.to_pylist() if text is None else map(int, re.findall(r'"batch_id":(\d+)', text))
            assert set(told) - {None} <= primary[company][target], (table, column)
    assert followed > 100


def test_every_narrow_reference_is_to_a_narrow_table() -> None:
    """Of all models that are written: whoever adds a column of 32 bits learns of it here, not in company 22."""
    for model in fields.models({*keys_of(tiny(), {}).tables, *protection.FOLLOWING, *wiping.MASTER_DATA}):
        for field in model._meta.concrete_fields:
            if not field.is_relation and field.get_internal_type() == "PositiveIntegerField":
                seems_a_key = not {"id", "pk"}.isdisjoint(field.column.split("_"))
                assert seems_a_key == (field.column in keys._spans(model)), field
            if field.is_relation and field.target_field.model._meta.app_label != "contenttypes":
                narrow = field.target_field.get_internal_type() in ("AutoField", "IntegerField")
                assert not narrow or field.target_field.model._meta.db_table in keys.NARROW, field


def test_a_narrow_key_that_would_reach_into_the_next_company_is_refused() -> None:
    [model] = fields.models(["batch_batchtransferworkflow"])
    schema = arrow.schema(model)
    columns = [pa.array([keys.NARROW_SPAN]) if field.name == "id" else pa.nulls(1, field.type) for field in schema]
    with pytest.raises(ValueError, match="has keys above"):
        keys.apart(model, pa.RecordBatch.from_arrays(columns, schema=schema), 2)


def test_killed_companies_are_taken_up_again(several: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, execute = tmp_path / "record", exporting.execute_by
    made: list[int] = []

    def killed(hire: Any, one: exporting.Job, progress: Any) -> Any:
        if one.company == 2 and len(made) < 2:
            made.append(0)
            raise KeyboardInterrupt
        made.append(one.company)
        return execute(hire, one, progress)

    monkeypatch.setattr(exporting, "execute_by", killed)
    with pytest.raises(KeyboardInterrupt):
        companies.execute(job(folder), Silent())
    assert made == [1, 0]
    assert not folder.exists()
    # Refused meanwhile: another number of companies, and one company alone.
    with pytest.raises(UserError, match="An export that was interrupted is there"):
        companies.execute(job(folder, 2), Silent())
    alone = exporting.Job(folder, case_of(1), "parquet", 1)
    with pytest.raises(UserError, match=r"interrupted is there \(companies 3\)"):
        exporting.execute(alone, Silent())
    first = folder.with_name("record.partial") / "company=1" / "batch_batch.parquet"
    before = first.stat().st_mtime_ns
    assert companies.execute(job(folder), Silent())[1] == manifest(several)
    assert (folder / "company=1" / "batch_batch.parquet").stat().st_mtime_ns == before
    assert not list(folder.rglob("*.part*[!t]"))


@pytest.mark.parametrize("number", ["0", "-1", "2147", "many"])
def test_a_number_of_companies_that_cannot_be_is_one_message(number: str, tmp_path: Path) -> None:
    done = aquamind("export", str(tmp_path / "record"), *SMALL, "--companies", number)
    assert (done.returncode, "Traceback" in done.stderr) == (2, False), done.stderr
    assert "companies" in done.stderr
    assert not list(tmp_path.iterdir())
