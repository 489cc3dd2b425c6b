"""Celery: the dispatcher that releases tasks, the pools that do them, and what repairs both."""
