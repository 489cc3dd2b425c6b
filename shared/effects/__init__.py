"""What was really done to the outside world?"""
