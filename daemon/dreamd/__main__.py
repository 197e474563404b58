"""`python -m dreamd`, where the script is not on the path."""

import sys

from dreamd.main import main

sys.exit(main())
