"""How dates are written where nothing else is said: the day before the month, the clock with 24 hours."""
