"""Resources: accounts with their budgets, and changed pages."""
