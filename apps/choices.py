"""Choices that several domains share."""

from django.db import models


class Subsidiary(models.TextChoices):
    """The parts of the company that own fish in turn."""

    BROODSTOCK = "BS"
    FRESHWATER = "FW"
    FARMING = "FM"
    LOGISTICS = "LG"
    ALL = "ALL"
