"""PostgreSQL and Redis in a home: where they lie, how they start and end, and what is dumped of them."""
