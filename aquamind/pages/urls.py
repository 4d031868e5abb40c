"""The addresses of the pages and of the series that their charts draw."""

from django.urls import path

from aquamind.pages import views

app_name = "pages"
urlpatterns = [
    path("", views.batches, name="batches"),
    path("batches/<str:number>/", views.batch, name="batch"),
    path("batches/<str:number>/chart.json", views.batch_chart, name="batch_chart"),
    path("likeness/", views.likeness, name="likeness"),
    path("plan/", views.plan, name="plan"),
    path("plan/chart.json", views.plan_chart, name="plan_chart"),
]
