"""The boards and alerts, as code: one file a board, `alerts` for both severities, `kit` for how panels look.

`make boards` writes ../dashboards/*.json and ../../prometheus/alerts.yml; both are committed and a test holds
them to this code. Limits come from the daemon's own (`dreamd.core.limits`), so a line on a board is the
line at which the daemon acts.

Rules. A panel says what it means for sleepers, and prints the command that lists who it is: no metric names a
pod. Nothing known is never green: below zero, NaN and no data are orange, "not known".
"""
