"""Read-only pages: the batches, one batch's Growth Analysis, and the occupancy of halls and areas."""
