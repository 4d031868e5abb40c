"""What is well typed and still describes no company that could keep fish."""

from collections.abc import Iterator

from datagen.catalog import Catalog
from datagen.catalog.spec import Fault


def absurdities(catalog: Catalog) -> Iterator[Fault]:
    """Faults between the parts of a catalog; those within one spec are its own validators'."""
    yield from ()
