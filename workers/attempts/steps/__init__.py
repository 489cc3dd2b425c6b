"""What does an attempt keep of its steps, which children do they make, and how far is it?"""
