"""What can a client do with personas?"""
