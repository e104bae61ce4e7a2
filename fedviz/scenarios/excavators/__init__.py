"""Maintenance work orders of five mining excavators: who wrote which when, the systems of the machine, and the graph of its parts."""
