"""Runs the Rasa server inside Rasa's own environment (Python 3.10), see :mod:`bot.supervisor.rasa_server`.

Started by its path. Takes the token from the environment, because the command line of a process can be
read by every user of the machine.
"""

from __future__ import annotations

import os
import runpy
import sys

sys.path.pop(0)  # the folder of this file: its modules must not be found in place of Rasa's
sys.argv = ["rasa", "run", *sys.argv[1:], f"--auth-token={os.environ['RASA_TOKEN']}"]
runpy.run_module("rasa", run_name="__main__", alter_sys=True)
