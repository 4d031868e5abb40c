"""Phenomena as pure functions: arrays in, arrays out, random draws passed in; of dates only the day of the year."""
