"""Not built, for the guide calls it deprecated: says what to use instead."""

from command import deprecated

if __name__ == "__main__":
    deprecated("It would delete the infrastructure too", "Use 00_wipe_operational_data.py --confirm, which keeps it")
