"""The day loop over all containers of a geography, from a plan to a history."""
