"""Runway: films by its API."""
