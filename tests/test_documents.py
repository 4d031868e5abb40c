"""Documents say what is so: what they refer to is there."""

import re

from aquamind.database import PROJECT
from datagen.catalog.reader import DEFAULT_FOLDER

NUMBERED = re.compile(r"(?<![\w\]])\[(\d+[a-z]?)\](?!\()")


def test_every_source_that_is_cited_is_listed_and_the_other_way_round() -> None:
    """Catalogs cite in comments; elsewhere brackets may be code, so that the files that cite are named."""
    text, _, sources = (PROJECT / "docs/realism.md").read_text().partition("## Sources")
    citing = [text, *((PROJECT / file).read_text() for file in ("benchmarks/likeness.py", "tests/test_biology.py"))]
    for file in DEFAULT_FOLDER.glob("*.yaml"):
        comments = "\n".join(re.findall("#.*", file.read_text()))
        assert not re.search(r"realism\.md section", comments), file
        citing.append(comments)
    cited = {number for text in citing for number in NUMBERED.findall(text) if number != "0"}
    assert cited == set(re.findall(r"^- \[(\d+[a-z]?)\] ", sources, re.MULTILINE))
