"""Which page answers which address."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("aquamind.pages.urls")),
    path("admin/", admin.site.urls),
]
