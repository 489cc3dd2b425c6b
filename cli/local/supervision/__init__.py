"""The parts that run, and their supervisor."""
