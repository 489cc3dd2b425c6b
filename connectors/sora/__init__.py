"""Sora: reading how many videos an account may still make, in its browser."""
