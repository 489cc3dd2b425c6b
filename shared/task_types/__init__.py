"""The task types: one file each, with payload, result and spec."""
