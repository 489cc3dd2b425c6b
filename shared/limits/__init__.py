"""How much may be done: what is set for a scope, and how much of it is used."""
