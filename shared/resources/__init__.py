"""What is there to work with?"""
