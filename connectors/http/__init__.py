"""How does anything of ours speak HTTP to the outside? Through one client that looks first where it is going."""
