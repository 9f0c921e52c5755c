"""Many stacks at once: choose them, prepare them, run them, finish what was interrupted, take them down.

Every stack is run by the ``pulumi`` command as it would be by hand: same program, same state, one run. Its ``--json``
events are all that progress and summary need. (Pulumi's own Automation API runs the command four or five times for one
``up``: version, select, up, output, history; each costs 0.3 to 0.5 s.)
"""
