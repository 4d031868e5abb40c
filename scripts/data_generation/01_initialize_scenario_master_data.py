"""The guide's script 1b: `aquamind init` of its subject, and of what that refers to."""

from command import main

from datagen.cli import keeping


def scenario() -> None:
    """Create temperature profiles, models and constraints of scenarios that are missing."""
    keeping.init(only=["scenario"])


if __name__ == "__main__":
    main(scenario)
