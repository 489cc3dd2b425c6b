"""Driving a real browser: one contract, Chromium and Safari behind it; page objects use the contract alone."""
