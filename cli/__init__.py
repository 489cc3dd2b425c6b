"""The commands with which a person sets up, runs and queries Callsheet. One file per command group."""
