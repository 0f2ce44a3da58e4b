"""What the house starts with, written into the table of carriers' words: all at once in a new house, and what a release
changed in one that is at work, where history has to follow as it follows a person.
"""

from django.db import transaction

from orders.models import Actor
from tracking.carriers.codes import CODES
from tracking.carriers.meaning import Key
from tracking.models import CarrierCode
from tracking.services.codes import KEY, MEANING, columns, row_of
from tracking.services.remap import set_meaning

RELEASE = Actor.system("release")


def start_codes() -> None:
    """Bring the table in line with what the house starts with; what somebody changed is left alone."""
    if not CarrierCode.objects.exists():
        rows = [CarrierCode(**key._asdict(), **columns(row)) for key, row in CODES.items()]
        CarrierCode.objects.bulk_create(rows, ignore_conflicts=True)
        return
    with transaction.atomic():
        known = {_key(row): row for row in CarrierCode.objects.select_for_update(no_key=True).order_by("pk")}
        for key, row in CODES.items():
            stands = known.get(key)
            if stands is None or not (stands.changed_by or row_of([getattr(stands, name) for name in MEANING]) == row):
                set_meaning(key, None, by=RELEASE)


def _key(row: CarrierCode) -> Key:
    return Key(*(getattr(row, name) for name in KEY))
