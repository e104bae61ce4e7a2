"""Local training, messages, strategies and the round loop of a federation.

Flower is the language of the federation. It reports usage and asks for updates unless told otherwise, and it writes its
own log to the terminal: both are switched off here, before anything of it is imported.
"""

import logging
import os

os.environ["FLWR_TELEMETRY_ENABLED"] = "0"
os.environ["FLWR_DISABLE_UPDATE_CHECK"] = "1"
logging.getLogger("flwr").addFilter(lambda record: record.levelno >= logging.ERROR)
