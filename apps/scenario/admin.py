"""The admin pages of scenario."""

from aquamind.admin import register_models

register_models("scenario")
