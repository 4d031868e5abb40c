"""Not built, for the guide calls it deprecated: says what to use instead."""

from command import deprecated

if __name__ == "__main__":
    deprecated("Feed is bought by every run as it is needed", "There is nothing to fix; a wipe keeps the feeds")
