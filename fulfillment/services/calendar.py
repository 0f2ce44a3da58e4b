"""On which days anything leaves the house."""

from datetime import date, timedelta

from django.db.models import Prefetch

from fulfillment.models import Holiday, Warehouse

AHEAD = timedelta(days=400)
SATURDAY, SUNDAY = 5, 6


class Calendar:
    """The days of all warehouses: before anybody knows which one sends, the house is open where one of them is."""

    def __init__(self, first: date) -> None:
        soon = Holiday.objects.filter(day__gte=first, day__lte=first + AHEAD)
        houses = list(Warehouse.objects.prefetch_related(Prefetch("holidays", soon)))
        self.houses = [(_weekdays(house), {each.day for each in house.holidays.all()}) for house in houses]

    def opens(self, day: date) -> bool:
        if not self.houses:
            return day.weekday() < SATURDAY
        return any(day.weekday() in weekdays and day not in closed for weekdays, closed in self.houses)


def _weekdays(house: Warehouse) -> set[int]:
    days = set(range(SATURDAY))
    return days | {day for day, opens in ((SATURDAY, house.opens_saturdays), (SUNDAY, house.opens_sundays)) if opens}
