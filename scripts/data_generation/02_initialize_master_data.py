"""Not built, for the guide calls it deprecated: says what to use instead."""

from command import deprecated

if __name__ == "__main__":
    deprecated("It asked questions", "Use the 01_ scripts, or `aquamind init`; a wipe keeps master data")
