"""The guide's script for activity templates: `aquamind init` of its subject, and of what that refers to."""

from command import main

from datagen.cli import keeping


def activities() -> None:
    """Create activity templates that are missing."""
    keeping.init(only=["activities"])


if __name__ == "__main__":
    main(activities)
