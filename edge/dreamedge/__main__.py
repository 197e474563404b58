"""`python -m dreamedge`."""

import sys

from dreamedge.entry import main

if __name__ == "__main__":
    sys.exit(main())
