"""Water: the year in a temperature, and how much oxygen it can hold."""

import numpy as np

from datagen.arrays import Dates, Floats, Ints

# Garcia & Gordon (1992), Limnol. Oceanogr. 37:1307-1312, fit to Benson & Krause; result in umol/kg.
_A = (5.80871, 3.20291, 4.17887, 5.10006, -0.0986643, 3.80369)
_B = (-7.01577e-3, -7.70028e-3, -1.13864e-2, -9.51519e-3)
_C0 = -2.75915e-7
_OXYGEN_MG_PER_UMOL = 31.9988e-3


def day_of_year(dates: Dates) -> Floats:
    """1 on the first of January.

    >>> day_of_year(np.array(["2024-01-01", "2024-12-31"], "datetime64[D]")).tolist()
    [1.0, 366.0]
    """
    days: Floats = (dates - dates.astype("datetime64[Y]")).astype(float) + 1.0
    return days


def year_wave(day_of_year: Floats, warmest_day: Floats | Ints | float) -> Floats:
    """A cosine of the year: 1 on the warmest day, -1 half a year later (dimensionless)."""
    wave: Floats = np.cos(2.0 * np.pi * (np.asarray(day_of_year) - warmest_day) / 365.25)
    return wave


MID_MONTHS = np.array([16.0, 45.5, 75.0, 105.5, 136.0, 166.5, 197.0, 228.0, 258.5, 289.0, 319.5, 350.0])
"""Days of the year in the middle of each month."""


def monthly_course(monthly: Floats, day_of_year: Floats) -> Floats:
    """A year through means of its twelve months, straight between their middles.

    >>> year = np.array([5.0, 4, 5, 6, 8, 10, 12, 13, 12, 10, 8, 6])
    >>> monthly_course(year, np.array([1.0, 228.0, 366.0])).round(1).tolist()
    [5.5, 13.0, 5.5]
    """
    course: Floats = np.interp(day_of_year, MID_MONTHS, monthly, period=365.25)
    return course


def warmest_day(monthly: Floats) -> int:
    """The day of the year on which a cosine fitted to means of twelve months is highest.

    >>> warmest_day(np.cos(2.0 * np.pi * (MID_MONTHS - 240.0) / 365.25))
    240
    """
    turn = np.angle(np.sum(monthly * np.exp(2j * np.pi * MID_MONTHS / 365.25)))
    return round(float(turn) / (2.0 * np.pi) * 365.25) % 365 or 365


def oxygen_saturation_mg_l(temp_c: Floats | float, salinity_psu: Floats | float) -> Floats:
    """Dissolved oxygen [mg/L] of water in balance with air at sea level, -2 to 40 C, 0 to 42 psu.

    Density is taken as 1 + 0.00078 S - 0.0000055 (T-4)^2 kg/L (own fit, within 0.1 % for 0-20 C and 0-36 psu).

    >>> [round(float(oxygen_saturation_mg_l(t, s)), 2) for t, s in ((8, 0), (10, 28), (10, 35))]
    [11.84, 9.44, 9.03]
    """
    temp_c, salinity_psu = np.asarray(temp_c, float), np.asarray(salinity_psu, float)
    y = np.log((298.15 - temp_c) / (273.15 + temp_c))
    fresh = np.polynomial.polynomial.polyval(y, _A)
    salt = salinity_psu * np.polynomial.polynomial.polyval(y, _B) + _C0 * salinity_psu**2
    density_kg_l = 1.0 + 0.00078 * salinity_psu - 5.5e-6 * (temp_c - 4.0) ** 2
    saturation: Floats = np.exp(fresh + salt) * _OXYGEN_MG_PER_UMOL * density_kg_l
    return saturation


def lasting(added: Floats, kept: float) -> Floats:
    """What is there when so much is added each day [days, ...] and a part of it is kept until the next.

    >>> lasting(np.array([1.0, 0.0, 0.0, 1.0]), 0.5).tolist()
    [1.0, 0.5, 0.25, 1.125]
    """
    there, step = added.copy(), 1
    while step < len(there):
        there[step:] += kept**step * there[:-step]
        step *= 2
    return there


def fading(lost: Floats, kept: float) -> Floats:
    """What is still wanting when so much is lost on each day [days, ...] and a part of it is until the next.

    >>> fading(np.array([0.0, 0.8, 0.8, 0.0, 0.0]), 0.5).tolist()
    [0.0, 0.8, 0.8, 0.4, 0.2]
    """
    wanting, step = lost.copy(), 1
    while step < len(wanting):
        wanting[step:] = np.maximum(wanting[step:], kept**step * wanting[:-step])
        step *= 2
    return wanting


_CARBONIC_PK = 6.4
_MG_PER_MMOL = 44.0
_CALCITE_MG_PER_MEQ = 50.0


def acidity(carbon_dioxide_mg_l: Floats, alkalinity_mg_l: float) -> Floats:
    """pH of fresh water of about 10 C, by its carbon dioxide and its alkalinity (as CaCO3), which is all bicarbonate.

    >>> acidity(np.array([5.0, 15.0]), 80.0).round(2).tolist()
    [7.55, 7.07]
    """
    bicarbonate_mmol = alkalinity_mg_l / _CALCITE_MG_PER_MEQ
    ph: Floats = _CARBONIC_PK + np.log10(bicarbonate_mmol * _MG_PER_MMOL / np.maximum(carbon_dioxide_mg_l, 0.1))
    return ph
