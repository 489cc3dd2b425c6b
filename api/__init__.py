"""The gateway: parse, make one call, render."""
