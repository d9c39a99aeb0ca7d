"""Serve: who runs what, in which process and within which limits.

Its front door is `pool.WorkerPool`: the path of a request, for the bot, the command line and the tests alike.
"""
