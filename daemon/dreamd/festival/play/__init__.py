"""The play of a festival: the real daemon application and real pod runners in virtual time, step by step.

One seed is one festival. The rooms call the daemon as people do, through the commands that serve the API.
"""
