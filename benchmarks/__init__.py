"""What does Callsheet cost, compared with a peer in the same run?"""
