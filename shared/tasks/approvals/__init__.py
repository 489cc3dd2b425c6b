"""Approvals: which tasks wait for one, approving and rejecting them."""
