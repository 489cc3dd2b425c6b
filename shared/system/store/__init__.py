"""The SQL of the whole system, apart from the scheduler's: switches, and the state after a restore."""
