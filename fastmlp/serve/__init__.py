"""The page of `fastmlp serve`: draw a digit, watch it go through the layers, train the network live.

The page and the server talk as docs/serve-protocol.md says. One event loop answers all browsers; each has a session
with a network of its own, which a thread trains.
"""
