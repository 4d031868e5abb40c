"""The admin pages of finance."""

from aquamind.admin import register_models

register_models("finance")
