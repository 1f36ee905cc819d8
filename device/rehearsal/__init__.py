"""A stand-in for the Live API on this machine: the same wire protocol, other wits.

It listens, understands a few things about food and meals, calls the tools that the client declared and speaks
the answer; or it follows a script, to play exact sequences and faults. It runs in a process of its own and is
reached only over the wire, so any Live API client can be pointed at it.
"""
