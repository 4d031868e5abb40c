"""The record as files: Parquet, CSV or Arrow, a unit wholly or not at all, and a manifest of all that is there."""

FORMATS = ("parquet", "csv", "arrow")
"""Names of formats, and of files in them after the dot."""
