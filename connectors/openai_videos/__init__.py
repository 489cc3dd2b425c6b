"""Makers of videos that speak the wire protocol `/v1/videos`, at whatever address an account names."""
