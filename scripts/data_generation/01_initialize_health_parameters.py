"""The guide's script 1d: `aquamind init` of its subject, and of what that refers to."""

from command import main

from datagen.cli import keeping


def health() -> None:
    """Create health parameters with their scores, lice types and vaccines that are missing."""
    keeping.init(only=["health"])


if __name__ == "__main__":
    main(health)
