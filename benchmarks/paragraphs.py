"""How often a language model's words about a prediction pass their check; the same as `python -m fedviz bench paragraphs`. Options: --quick, --json, --out FILE."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from fedviz.bench.report import script  # noqa: E402 - the path comes first

if __name__ == "__main__":
    sys.exit(script("paragraphs"))
