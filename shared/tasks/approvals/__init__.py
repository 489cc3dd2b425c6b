"""What a person decides on: which tasks wait for approval, and what becomes of them."""
