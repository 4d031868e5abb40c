"""How many batches, when, and in which containers."""
