"""How does the product speak HTTP to the outside? Through one client that checks each address first."""
