"""The one parent from which the parts of a machine are forked: it has imported what they need, and knows no secret."""
