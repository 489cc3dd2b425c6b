"""Notifications: which events people are notified of, and where."""
