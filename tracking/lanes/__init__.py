"""How long parcels take, lane by lane, and how quiet they are on the way: learnt from those that arrived.

Pure: numbers in, windows and silences out. Reading parcels and keeping what was learnt is a service's.
"""

from tracking.lanes.clock import moment, worked
from tracking.lanes.lane import Lane, Lanes, Quiet, Stats, Window
from tracking.lanes.learn import ENOUGH, LOOK_BACK, NEWEST, RECENT, Trip, learn
from tracking.lanes.silence import FIVE_DAYS, PATIENCE, is_late_at, too_quiet_at
from tracking.lanes.transit import Days, learn_transits
from tracking.lanes.trip import Measured, measure
from tracking.lanes.watch import Cry, Watched, watch

__all__ = [
    "ENOUGH",
    "FIVE_DAYS",
    "LOOK_BACK",
    "NEWEST",
    "PATIENCE",
    "RECENT",
    "Cry",
    "Days",
    "Lane",
    "Lanes",
    "Measured",
    "Quiet",
    "Stats",
    "Trip",
    "Watched",
    "Window",
    "is_late_at",
    "learn",
    "learn_transits",
    "measure",
    "moment",
    "too_quiet_at",
    "watch",
    "worked",
]
