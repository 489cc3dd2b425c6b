"""What surrounds every request: its id, its bounds, its headers."""
