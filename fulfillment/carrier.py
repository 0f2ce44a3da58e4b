"""Carriers by their codes, as parcels bear them, and by their names, as people write them."""

CARRIERS = {
    "dhl": "DHL",
    "dhl-express": "DHL Express",
    "dpd": "DPD",
    "fedex": "FedEx",
    "gls": "GLS",
    "la-poste": "La Poste",
    "postnl": "PostNL",
    "royal-mail": "Royal Mail",
    "seur": "SEUR",
    "tnt": "TNT",
    "ups": "UPS",
    "usps": "USPS",
}


def carrier_name(code: str) -> str:
    """Return the name as people write it; "" where no carrier is named."""
    return CARRIERS.get(code.replace("_", "-").replace(" ", "-"), code.replace("_", " ").replace("-", " ").title())


def carrier_code(name: str) -> str:
    """Return the code of a carrier that somebody named."""
    return "-".join(name.lower().split())
