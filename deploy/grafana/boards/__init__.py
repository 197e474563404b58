"""The boards and alerts, as code: one file a board or row, two for alerts, `kit` for how panels look.

`make boards` writes ../dashboards/*.json, ../../prometheus/*.yml and the list of runbooks. All are committed,
and a test holds them to this code. Limits come from the daemon's own (`dreamd.core.limits`), so a line on a
board is the line at which the daemon acts. `links` holds the addresses and the name of the scrape job.

Rules. A panel says what it means for sleepers, and prints the command that lists the pods: no metric names a
pod. An unknown value is never green: below zero, NaN and no data are orange, "not known".
"""
