"""Driving a real browser: one contract, implemented for Chromium and Safari; page objects use the contract alone."""
