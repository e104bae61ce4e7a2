"""`python -m fedviz`: the same jobs as the pages, without a browser."""

import sys

from fedviz.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
