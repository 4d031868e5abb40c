"""Documents say what is so: what they refer to is there, and their figures are those that were measured."""

import re

from aquamind.server import PROJECT
from benchmarks import docs
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


def test_what_documents_link_to_is_there() -> None:
    """Files, and headings within them; backticked paths of the project as well."""
    for page in [*PROJECT.glob("*.md"), *PROJECT.glob("docs/*.md"), *PROJECT.glob("examples/*.md")]:
        text = page.read_text()
        for target in re.findall(r"\]\((?!https?:)([^)]+)\)", text):
            file, _, heading = target.partition("#")
            there = page.parent / file if file else page
            assert there.exists(), (page.name, target)
            if heading:
                headings = [each.lower() for each in re.findall(r"^#+ (.*)$", there.read_text(), re.MULTILINE)]
                assert heading in {re.sub(r"[^\w -]", "", each).replace(" ", "-") for each in headings}, target
        for path in re.findall(r"`((?:apps|aquamind|benchmarks|datagen|docs|examples|scripts|tests)/[\w./]+)`", text):
            assert (PROJECT / path).exists(), (page.name, path)


def test_figures_are_those_that_were_measured() -> None:
    """And every block has its measurement, every measurement its block."""
    blocks = set()
    for page in docs.PAGES:
        text = (PROJECT / page).read_text()
        assert docs.written(text) == text, f"{page}: run `make docs`"
        blocks |= {name for _, name, _ in docs.BLOCK.findall(text)}
    assert blocks == set(docs.BLOCKS)


def test_the_readme_counts_the_laws() -> None:
    laws = len(list((PROJECT / "datagen/checks").glob("*.sql")))
    assert f" {laws} laws of the record " in (PROJECT / "README.md").read_text()
