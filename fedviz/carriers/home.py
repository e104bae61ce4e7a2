"""Where fedviz keeps what it fetched and what it made."""

import os
from pathlib import Path

import platformdirs


def data_home() -> Path:
    """The data folder: `FEDVIZ_HOME`, or the platform's folder for a user's data. It need not exist yet."""
    chosen = os.environ.get("FEDVIZ_HOME")
    return Path(chosen).expanduser() if chosen else Path(platformdirs.user_data_dir("fedviz", appauthor=False))
