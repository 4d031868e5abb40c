"""Phenomena as pure functions: arrays in, arrays out, no dates, no database, random draws passed in."""
