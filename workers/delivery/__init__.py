"""Sending events to other systems and notifications to people."""
