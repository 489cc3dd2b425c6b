"""Driving a real browser: one contract, Chromium behind it now, Safari later; page objects use the contract alone."""
