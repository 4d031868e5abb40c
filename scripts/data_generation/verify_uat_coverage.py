"""The check of what acceptance tests need: `aquamind coverage`."""

from command import main

from datagen.cli import keeping

if __name__ == "__main__":
    main(keeping.coverage)
