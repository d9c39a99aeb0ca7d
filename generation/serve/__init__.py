"""Serve: the processes and machines that do the work, and their limits.

Its front door is `pool.WorkerPool`: the path of a request, for the bot, the command line and the tests alike.
"""
