"""The content, frozen: who changes a row changes these hashes on purpose, raises VERSION and tells CHANGELOG.md."""

import hashlib

from datagen import pipeline
from datagen.case import Case
from datagen.events import expand
from datagen.events.context import BatchRecord, GeographyRecord
from datagen.keys import keys
from datagen.planning.presets import small_plan as small_preset
from datagen.storage import arrow
from tests.worlds import AS_OF, case_of, company, small_plan

VERSION = "3"
SMALL = "3328e3334c9f3011a2e01f29bc8d3ec9"
TINY = "660ae7f9b0a3063ff9f74886a2aeee58"


def content(case: Case) -> tuple[str, set[str]]:
    """A hash of all rows of a case, whatever the database, and the tables that have some."""
    histories, given = pipeline.simulate(case), keys(case, {})
    records = [GeographyRecord(case, h, given.of_geography[g], given.stride) for g, h in histories.items()]
    for index, batch in enumerate(case.plan.batches):
        records.append(BatchRecord(case, index, histories[batch.geography].batch(index), given.of_batch[index]))
    lines, filled = [], set()
    for record in records:
        hashes: dict[str, arrow.TableHash] = {}
        for model, rows in expand(record):
            hashes.setdefault(model._meta.db_table, arrow.TableHash(model)).update(rows)
        lines += [f"{record.unit} {table} {each.rows} {each.hexdigest()}" for table, each in sorted(hashes.items())]
        filled |= {table for table, each in hashes.items() if each.rows}
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:32], filled


def test_the_content_is_what_its_version_says() -> None:
    catalog, farm = company()
    small = case_of(small_preset(catalog, farm, AS_OF, 1))
    # Four batches, the oldest harvested: every family has rows.
    tiny = case_of(small_plan(seed=3, batches=2, stagger_days=290, containers=2))
    hash_of_tiny, filled = content(tiny)
    assert filled == set(keys(tiny, {}).tables)
    assert (pipeline.VERSION, content(small)[0], hash_of_tiny) == (VERSION, SMALL, TINY)
