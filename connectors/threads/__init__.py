"""Threads: replies through its web pages."""
