"""Notifications: which events people are told of, and where."""
