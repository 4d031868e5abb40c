"""The pages themselves: they only read, and are served whole from this host."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from apps.batch.models import Batch
from apps.record import last_day
from aquamind import database
from aquamind.errors import UserError
from aquamind.pages import queries

# Charts set styles of their own and draw images for download.
CONTENT_POLICY = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; form-action 'self'"


def page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Answer only questions, and let a browser load nothing from elsewhere."""

    @wraps(view)
    def answer(request: HttpRequest, **arguments: Any) -> HttpResponse:
        if "\0" in "".join(map(str, (*arguments.values(), *request.GET.values()))):
            # PostgreSQL has no text with it, and so nothing is called so.
            raise Http404("No NUL here")
        response = view(request, **arguments)
        response["Content-Security-Policy"] = CONTENT_POLICY
        return response

    return require_safe(answer)


@page
def batches(request: HttpRequest) -> HttpResponse:
    """The batches, the youngest first; each filter may be left out."""
    as_of = last_day()
    chosen = {name: request.GET.get(name, "") for name in queries.FILTERS}
    listed = queries.batches(as_of, **chosen)
    choices = queries.rows(queries.CHOICES)[0]
    context = {
        "as_of": as_of,
        "batches": listed,
        "filters": [(name, chosen[name], choices[name] or []) for name in queries.FILTERS],
        "filtered": any(chosen.values()),
        "alive": sum(row["fish"] or 0 for row in listed if row["status"] == Batch.Status.ACTIVE),
        "alive_t": sum(row["biomass_t"] or 0 for row in listed if row["status"] == Batch.Status.ACTIVE),
        "active": sum(row["status"] == Batch.Status.ACTIVE for row in listed),
    }
    return render(request, "pages/batches.html", context)


@page
def batch(request: HttpRequest, number: str) -> HttpResponse:
    """One batch: what it is, and the charts' places."""
    as_of = last_day(get_object_or_404(Batch, batch_number=number).pk)
    return render(request, "pages/batch.html", {"as_of": as_of, "batch": queries.batches(as_of, number=number)[0]})


@page
def batch_chart(request: HttpRequest, number: str) -> HttpResponse:
    """The series of a batch, or of its stay in one container: ?stay=<assignment id>."""
    found = get_object_or_404(Batch, batch_number=number)
    stay = request.GET.get("stay")
    if stay is not None and not (stay.isdecimal() and found.batch_assignments.filter(pk=stay).exists()):
        raise Http404(f"Batch {number} has no stay {stay}")
    return JsonResponse(queries.batch_chart(found.pk, last_day(found.pk), None if stay is None else int(stay)))


@page
def plan(request: HttpRequest) -> HttpResponse:
    """The chart's place."""
    return render(request, "pages/plan.html", {"as_of": last_day()})


@page
def plan_chart(request: HttpRequest) -> HttpResponse:
    """Which batch was where, and how full halls and areas were."""
    return JsonResponse(queries.plan_chart(last_day()))


@page
def likeness(request: HttpRequest) -> HttpResponse:
    """The published figures on this database, with pictures: as measured now, which takes seconds to minutes."""
    from datagen.likeness import pictures  # the one page that judges, and the laws' connection with it

    context: dict[str, Any] = {"as_of": last_day()}
    if "measure" in request.GET:
        try:
            measured, drawn = pictures.look(database.url())
        except UserError as error:
            context["refused"] = str(error)
        else:
            context |= {
                "measured": measured,
                "pictures": drawn,
                "failed": sum(each.passed is False for each in measured),
            }
    return render(request, "pages/likeness.html", context)
