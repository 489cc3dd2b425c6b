"""What the leading dispatcher does in a round: choose, release, repair, sleep and wait."""
