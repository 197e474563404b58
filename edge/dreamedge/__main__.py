"""`python -m dreamedge`."""

import sys

from dreamedge.main import main

if __name__ == "__main__":
    sys.exit(main())
