"""The life of one attempt: its process, its intents, its outward steps, and its end."""
