"""One module a provider: what it sends → pictures of parcels."""

from collections.abc import Mapping

from tracking.carriers import aftership, easypost, generic, karrio, seventeentrack, shippo, shopify
from tracking.carriers.base import Adapter

ADAPTERS: Mapping[str, Adapter] = {
    "generic": generic.read,
    "easypost": easypost.read,
    "shippo": shippo.read,
    "aftership": aftership.read,
    "karrio": karrio.read,
    "17track": seventeentrack.read,
    "shopify": shopify.read,
}
"""By the provider of the endpoint that the delivery came through."""
