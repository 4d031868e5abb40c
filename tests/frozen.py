"""Write the hashes of today's content, table by table, to tests/frozen.json: after a change of rows that is meant."""

import hashlib
import json
from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from datagen import pipeline
from datagen.case import Case
from datagen.planning.presets import small_plan as small_preset
from tests.worlds import AS_OF, case_of, company, small_plan, stored

FROZEN = Path(__file__).parent / "frozen.json"


def content(case: Case) -> dict[str, str]:
    """A hash of all rows of a case, whatever the database, of each table that has some."""
    lines: dict[str, list[str]] = defaultdict(list)
    for unit, tables in sorted(stored(case).content().items()):
        for table, each in sorted(tables.items()):
            if each.rows:
                lines[table].append(f"{unit} {each.rows} {each.content_hash}")
    return {table: hashlib.sha256("\n".join(found).encode()).hexdigest()[:32] for table, found in sorted(lines.items())}


def small() -> Case:
    """The preset."""
    catalog, farm = company()
    return case_of(small_preset(catalog, farm, AS_OF, 1))


def tiny() -> Case:
    """Four batches, the oldest harvested: every family has rows."""
    return case_of(small_plan(seed=3, batches=2, stagger_days=290, containers=2))


def lived() -> Case:
    """Eight batches, lived: halls are graded, rings thinned and mixed, and the oldest is slaughtered in portions."""
    plan = small_plan(seed=1, batches=4, stagger_days=60, containers=3, way="lived", imperfections="usual")
    return case_of(replace(plan, as_of=plan.batches[0].start + timedelta(days=850)))


def today() -> dict[str, object]:
    """What the code makes now."""
    return {"version": pipeline.VERSION, "small": content(small()), "tiny": content(tiny()), "lived": content(lived())}


if __name__ == "__main__":
    FROZEN.write_text(json.dumps(today(), indent=1) + "\n", encoding="utf-8")
