"""What can a client do with accounts?"""
