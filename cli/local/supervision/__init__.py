"""The parts that run, and who keeps them running."""
