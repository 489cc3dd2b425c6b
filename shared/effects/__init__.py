"""What was done to the outside world?"""
