"""Who works in the company: the profile beside each login."""

from django.conf import settings
from django.db import models

from apps.choices import Subsidiary


class UserProfile(models.Model):
    """What a user is in the company: place, subsidiary, role, and preferences."""

    class Language(models.TextChoices):
        ENGLISH = "en", "English"
        FAROESE = "fo", "Faroese"
        DANISH = "da", "Danish"

    class DateFormat(models.TextChoices):
        DAY_MONTH_YEAR = "DMY", "Day, month, year"
        MONTH_DAY_YEAR = "MDY", "Month, day, year"
        YEAR_MONTH_DAY = "YMD", "Year, month, day"

    class Geography(models.TextChoices):
        FAROE = "FO", "Faroe Islands"
        SCOTLAND = "SC", "Scotland"
        ALL = "ALL", "All"

    class Role(models.TextChoices):
        ADMIN = "ADMIN", "Administrator"
        MANAGER = "MGR", "Manager"
        OPERATOR = "OPR", "Operator"
        VETERINARIAN = "VET", "Veterinarian"
        QA = "QA", "Quality assurance"
        FINANCE = "FIN", "Finance"
        VIEWER = "VIEW", "Viewer"

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="profile")
    profile_picture = models.FileField(upload_to="users_userprofile", null=True, blank=True)
    job_title = models.CharField(max_length=100, null=True, blank=True)
    department = models.CharField(max_length=100, null=True, blank=True)
    language_preference = models.CharField(max_length=5, choices=Language, default=Language.ENGLISH)
    date_format_preference = models.CharField(max_length=10, choices=DateFormat, default=DateFormat.DAY_MONTH_YEAR)
    full_name = models.CharField(max_length=150, blank=True, default="")
    geography = models.CharField(max_length=3, choices=Geography, default=Geography.ALL)
    phone = models.CharField(max_length=20, null=True, blank=True)
    role = models.CharField(max_length=5, choices=Role, default=Role.VIEWER)
    subsidiary = models.CharField(max_length=3, choices=Subsidiary, default=Subsidiary.ALL)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    allowed_areas = models.ManyToManyField("infrastructure.Area", related_name="+", blank=True)
    allowed_stations = models.ManyToManyField("infrastructure.FreshwaterStation", related_name="+", blank=True)
    allowed_containers = models.ManyToManyField("infrastructure.Container", related_name="+", blank=True)
