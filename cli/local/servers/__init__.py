"""PostgreSQL and Redis in a home: where they lie, how they start and end, and how they are dumped."""
