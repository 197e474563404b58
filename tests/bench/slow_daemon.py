"""`python tests/bench/slow_daemon.py ANCHOR SLOW ...`: `dreamd ...` with its session clock SLOW times slower.

For measurements on a machine that is shared: the pods' clock is slowed alike (`fleet_swarm.SlowClock`).
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.fleet_swarm import SlowClock
from dreamd import composition
from dreamd.main import main

anchor, slow = sys.argv[1], float(sys.argv[2])
composition.BoottimeClock = lambda: SlowClock(anchor, slow)
sys.exit(main(sys.argv[3:]))
