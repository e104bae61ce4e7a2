"""What a server could reconstruct from the update that one client sends: attacks as pure functions of arrays, and the defences they meet.

The attacker is the server of the federation, who follows the protocol, knows the model that it sent and looks at everything that it gets.
Nothing here changes a run: the modules take an update and say what can be read from it.
"""
