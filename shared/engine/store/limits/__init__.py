"""What holds an account back, as it is stored: budgets, pauses, rests, credits, destinations that do not answer."""
