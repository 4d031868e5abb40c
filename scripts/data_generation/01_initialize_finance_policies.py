"""The guide's script 1c: `aquamind init` of its subject, and of what that refers to."""

from command import main

from datagen.cli import keeping


def finance() -> None:
    """Create companies, sites and policies between companies that are missing."""
    keeping.init(only=["finance"])


if __name__ == "__main__":
    main(finance)
