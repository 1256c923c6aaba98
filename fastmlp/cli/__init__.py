"""The command line: the only room that uses Click and prints.

A module that holds a command imports the code that does the work inside the command's function. Listing the commands
and their options therefore loads neither Numba nor Matplotlib, and `fastmlp --help` answers at once.
"""
