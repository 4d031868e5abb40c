"""The guide's script 1c: `aquamind init` of its subject, and of what that refers to."""

from command import main

from datagen import cli


def finance() -> None:
    """Create companies, sites and policies between companies that are missing."""
    cli.init(only=["finance"])


if __name__ == "__main__":
    main(finance)
