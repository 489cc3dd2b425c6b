"""The queues that Callsheet is measured beside: each in an environment of its own, as its documentation sets it up."""
