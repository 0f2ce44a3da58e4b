"""What comes in from outside without a person: the inbound hooks."""

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from orders.models import Endpoint
from orders.services import receive_delivery
from orders.services.door import endpoint_at


@csrf_exempt
@require_POST
def receive(request: HttpRequest, provider: str, public_id: str) -> HttpResponse:
    """Take a delivery: 200 for all that is genuine, understood or not, as senders switch off what fails."""
    try:
        endpoint = endpoint_at(provider, public_id)
    except Endpoint.DoesNotExist as unknown:
        raise Http404 from unknown
    query = QueryDict(request.META["QUERY_STRING"])  # request.GET would read it by the letters that the body claims
    token = query.get("token", "")
    if receive_delivery(endpoint, request.headers, request.body, token=token) is None:
        return JsonResponse({"status": "not genuine"}, status=401)
    return JsonResponse({"status": "received"})
