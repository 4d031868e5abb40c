"""Which page answers which address."""

from django.contrib import admin
from django.urls import include, path

# Here and not as Django begins, which only a site needs: a seventh of what a command imports.
admin.autodiscover()

urlpatterns = [
    path("", include("aquamind.pages.urls")),
    path("admin/", admin.site.urls),
]
