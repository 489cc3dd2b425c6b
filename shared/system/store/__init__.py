"""The SQL of the whole system, apart from the scheduler's: switches, and what holds after a restore."""
