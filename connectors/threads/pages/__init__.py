"""Threads' screens, one class each; nothing outside this folder knows an address or a locator."""
