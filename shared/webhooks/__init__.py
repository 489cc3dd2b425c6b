"""Webhooks: where events go as signed HTTP requests."""
