"""What does Callsheet cost, next to a peer in the same run?"""
