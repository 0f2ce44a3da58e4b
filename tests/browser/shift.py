"""What people do in a day on the floor, each by the scans that it takes."""

from collections.abc import Mapping

from playwright.sync_api import expect

from tests.browser.device import Device


def log_in(device: Device, name: str, password: str) -> None:
    """Log in by password: the device is nobody's yet."""
    device.page.goto("/floor/")
    device.look("login")
    device.page.get_by_label("Username").press_sequentially(name)
    device.page.keyboard.press("Tab")
    device.page.keyboard.type(password)
    device.page.keyboard.press("Enter")
    device.wait_for("Scan anything")


def take_over(device: Device, name: str, badge: str) -> None:
    """Change the person by a badge, on whatever screen."""
    device.scan(badge)
    device.hear(f"Hello {name}.")


def receive(device: Device, sku: str, units: int, place: str, said: str) -> None:
    device.answer("Scan an article", sku)
    device.answer("How many?", str(units))
    device.answer("Scan the bin", place)
    device.hear(said)


def put_away(device: Device, sku: str, name: str, units: int, shelf: str) -> None:
    device.answer("Scan an article", sku)
    device.answer("Scan the bin", shelf)
    device.answer("How many?", str(units))
    device.hear(f"{units} × {name} from DOCK into {shelf}.")


def take_next_cart(device: Device, cart: str) -> None:
    device.press("Take the next cart")
    expect(device.page.locator("h1")).to_contain_text(cart)


def walk(device: Device, until: str = "") -> None:
    """Go from bin to bin and take what the screen says: to the end, or until an article is to be taken."""
    while (ask := device.asked()) in {"Scan the bin", "Scan the article"}:
        if ask == "Scan the bin":
            go_to_bin(device)
        elif until and device.read(".hero-sku") == until:
            return
        else:
            take(device)


def go_to_bin(device: Device) -> None:
    place = device.read(".hero-code")
    device.answer("Scan the bin", place)
    device.hear(f"{place} is right.")


def take(device: Device) -> None:
    """Scan one unit; of several the others too, by typing how many they are."""
    sku, name = device.read(".hero-sku"), device.read(".hero-name")
    units = int(device.read(".hero-slot > span:first-child"))
    device.answer("Scan the article", sku)
    device.hear(f"1 of {units} × {name}")
    if units > 1:
        device.answer("Scan the article", str(units))
        device.hear(f"{units} of {units} × {name}")


def go_to_wrong_bin(device: Device, code: str) -> None:
    place = device.read(".hero-code")
    device.answer("Scan the bin", code)
    device.hear(f"This is {code}. Go to {place}.")


def take_wrong_article(device: Device, sku: str, name: str) -> None:
    meant = device.read(".hero-name")
    device.answer("Scan the article", sku)
    device.hear(f"This is {name}. Scan {meant}.")


def find_too_few(device: Device) -> None:
    name, units = device.read(".hero-name"), device.read(".hero-slot > span:first-child")
    device.settle()
    device.page.get_by_text("Too few").press("Enter")
    device.page.get_by_role("button", name="The bin is empty").press("Enter")
    device.hear(f"{units} × {name} not found in ")


def close_too_soon(device: Device, number: str, articles: Mapping[str, int], names: Mapping[str, str]) -> None:
    """Scan the order before all of it is in the box."""
    missing = ", ".join(f"{units} × {names[sku]}" for sku, units in articles.items())
    device.answer("Scan each article", number)
    device.hear(f"Not everything is in: {missing}.")


def put_in_wrong_article(device: Device, sku: str, name: str) -> None:
    device.answer("Scan each article", sku)
    device.hear(f"This is {name}. It does not belong in this box.")


def fetch(device: Device, paper: str) -> bytes:
    """Fetch a paper as this person."""
    answer = device.page.request.get(f"/floor/documents/{paper}")
    assert answer.status == 200
    return answer.body()


def pack(device: Device, articles: Mapping[str, int]) -> None:
    """Scan all that belongs into the box; the last unit closes it."""
    for sku, units in articles.items():
        for _ in range(units):
            device.answer("Scan each article", sku)


def ship(device: Device, number: str, label: str, *, first: bool = False) -> None:
    """Scan the order, then the carrier's label on it; who takes it is said once."""
    device.answer("Scan anything", number)
    device.wait_for("Scan the label")
    if first:
        device.fill("Carrier", "dhl", then="Shift+Tab")
    device.answer("Scan the label", label)
    device.hear(f"{number} is on its way, in 1 parcel.")
