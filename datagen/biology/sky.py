"""Daylight and weather over the sea: how long a day is, and what wind, waves and air are like."""

import numpy as np

from datagen.arrays import Bools, Floats

SUN_BELOW_HORIZON_DEG = 0.8333
"""Of its centre when its edge rises: half its breadth and the bending of its light."""

CALM_WIND_M_S, WINTER_WIND_M_S, STORM_WIND_M_S = 6.5, 2.5, 19.0
"""Mean wind in the middle of the year, what winter adds, and the least in a storm; invented."""


def day_length_hours(day_of_year: Floats, latitude_deg: Floats | float) -> Floats:
    """Hours from sunrise to sunset, 0 to 24: the CBM model of Forsythe et al. (1995), Ecol. Model. 80:87-95.

    >>> day_length_hours(np.array([172.0, 355.0]), 62.0).round(1).tolist()
    [19.8, 5.1]
    """
    turn = 0.2163108 + 2.0 * np.arctan(0.9671396 * np.tan(0.00860 * (np.asarray(day_of_year) - 186.0)))
    declination = np.arcsin(0.39795 * np.cos(turn))
    latitude = np.radians(latitude_deg)
    below = np.sin(np.radians(SUN_BELOW_HORIZON_DEG))
    angle = (below + np.sin(latitude) * np.sin(declination)) / (np.cos(latitude) * np.cos(declination))
    hours: Floats = 24.0 - 24.0 / np.pi * np.arccos(np.clip(angle, -1.0, 1.0))
    return hours


def noon_light_lux(day_of_year: Floats, latitude_deg: Floats | float, cloud_pct: Floats) -> Floats:
    """Light on the water at noon [lux]: 120,000 under a high clear sun (invented), a quarter of it under full cloud.

    The fourth power of the cover weighs thin cloud little (Kasten & Czeplak 1980, with exponent 3.4).
    """
    turn = 0.2163108 + 2.0 * np.arctan(0.9671396 * np.tan(0.00860 * (np.asarray(day_of_year) - 186.0)))
    elevation = np.pi / 2 - np.radians(latitude_deg) + np.arcsin(0.39795 * np.cos(turn))
    lux: Floats = 120_000.0 * np.maximum(np.sin(elevation), 0.0) * (1.0 - 0.75 * (cloud_pct / 100.0) ** 3.4)
    return lux


def wind_m_s(winter: Floats, storm: Bools, normal: Floats) -> Floats:
    """Mean wind of a day: `winter` is 1 in the middle of it and -1 half a year later; `normal` has memory."""
    mean = CALM_WIND_M_S + WINTER_WIND_M_S * winter
    calm = np.minimum(mean * np.exp(0.35 * normal - 0.06), STORM_WIND_M_S - 1.0)
    wind: Floats = np.where(storm, STORM_WIND_M_S + 2.5 * np.abs(normal), calm)
    return wind


def wave_height_m(wind: Floats, exposure: Floats | float) -> Floats:
    """Significant height of wind sea: 0.02 u^2 of a sheltered coast times its exposure; invented, in the form of the
    fully developed sea (0.0248 u^2, Pierson & Moskowitz 1964)."""
    height: Floats = 0.02 * wind**2 * exposure
    return height
