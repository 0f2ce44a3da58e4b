"""What the words of each provider mean, as the house starts with it: rows for the table in the database, no code.

A row that somebody changed there is not written over.
"""

from collections.abc import Mapping

from tracking.carriers.codes import aftership, easypost, karrio, seventeentrack, shippo, shopify
from tracking.carriers.meaning import Key, Row

CODES: Mapping[Key, Row] = (
    easypost.CODES | shippo.CODES | aftership.CODES | karrio.CODES | seventeentrack.CODES | shopify.CODES
)
