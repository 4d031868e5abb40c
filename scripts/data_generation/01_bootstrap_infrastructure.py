"""The guide's script 1: `aquamind init` of its subject, and of what that refers to."""

from command import main

from datagen.cli import keeping


def bootstrap() -> None:
    """Create geographies, stations, halls, areas, containers and sensors that are missing."""
    keeping.init(only=["infrastructure", "environment"])


if __name__ == "__main__":
    main(bootstrap)
