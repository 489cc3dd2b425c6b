"""Pausing and resuming a lane, a platform, an account or everything."""
