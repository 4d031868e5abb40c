"""Not built, for the guide calls it deprecated: says what to use instead."""

from command import deprecated

if __name__ == "__main__":
    deprecated("It had no parallel workers", "Use 04_batch_orchestrator_parallel.py --execute --batches N")
