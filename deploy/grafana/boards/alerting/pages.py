"""The alerts that page: sleepers may be coupled beyond their grant, cut off, or unknown."""

from typing import Final

from boards.alerting.rules import NIGHT, WHERE, Alert, counted, page
from boards.links import JOB
from dreamd.core.limits import LEASE_S

DREAMS: Final = 'on (job, instance) dreamd_dreamscapes{state="dreaming"} > 0'
"""A Dreamscape of this daemon dreams; after `and` or `unless`."""

PAGES: Final[tuple[Alert, ...]] = (
    page(
        "CoupledAboveGranted",
        "max_over_time(dreamd_coupled_above_granted[1m]) > 0\n"
        "or\nincrease(dreamd_frames_above_granted_total[1m]) > 1",
        "0s",
        "A sleeper is coupled more than was granted",
        f"{WHERE}: at least one pod renders more than the largest coupling granted to it in the last lease "
        "and fade. It must be 0 at any time.",
    ),
    page(
        "SeversUnconfirmed",
        "dreamd_unconfirmed_severs > 0",
        "5s",
        "A severed pod has not confirmed zero",
        f"{WHERE}: {counted('severed pod has', 'severed pods have')} not confirmed coupling zero within 1.5 "
        "s.",
    ),
    page(
        "BreakerLocked",
        "dreamd_breakers_locked > 0",
        "0s",
        "A breaker is locked until a person resets it",
        f"{WHERE}: {counted('breaker is locked and waits', 'breakers are locked and wait')} for a person "
        "(concerns: {{ $labels.concerns }}).",
    ),
    page(
        "MassFailure",
        "increase(dreamd_mass_failures_total[5m]) > 0",
        "0s",
        "A Dreamscape was severed because many sleepers failed at once",
        f"{WHERE}: many sleepers of one Dreamscape failed together within the last 5 minutes, and the daemon "
        "severed it as a whole.",
    ),
    page(
        "EveryoneAlone",
        "dreamd_alone_while_dreaming > 0",
        "1m",
        "A Dreamscape dreams and no sleeper in it is merged",
        f"{WHERE}: {NIGHT} is in the state dreaming, seats are held, and for more than a minute no pod in it "
        "has rendered the collective.",
        "dreamscapes",
    ),
    page(
        "SleeperUnreachable",
        "dreamd_unreachable_while_dreaming > 0",
        "1m",
        "A sleeper in a dreaming Dreamscape has not been heard for a minute",
        f"{WHERE}: {counted('sleeper of', 'sleepers of')} {NIGHT} "
        "{{ if eq $value 1.0 }}has{{ else }}have{{ end }} not been heard for more than a minute. "
        "By its own tether each of these pods is alone.",
        "dreamscapes",
    ),
    page(
        "BrokerLost",
        f"dreamd_broker_connected == 0\nand {DREAMS}",
        "30s",
        "The broker is lost while a Dreamscape dreams: every sleeper is alone",
        f"{WHERE}: the daemon has not reached the broker for 30 s. Every pod has switched to zero by its own "
        "tether, and nothing can be merged until the broker is back.",
    ),
    page(
        "TickNearLease",
        f"dreamd_tick_age_seconds > {0.75 * LEASE_S:g}",
        "5s",
        "The daemon has nearly stopped ticking",
        f'{WHERE}: the last tick ended {{{{ printf "%.2f" $value }}}} s ago; at {LEASE_S:g} s every pod '
        "lets go "
        "of the collective by itself.",
        "daemon",
    ),
    page(
        "CaseUnanswered",
        "dreamd_cases_unanswered > 0",
        "0s",
        "A case of the gravest level has not been answered in time",
        f"{WHERE}: {counted('case', 'cases')} of level 1 had distress, lost identity or a strong pull in it, "
        "and no clinician has triaged it within 15 minutes.",
        "people",
    ),
    page(
        "NothingScraped",
        f'up{{job="{JOB}"}} == 0\nor\nabsent(up{{job="{JOB}"}})',
        "15s",
        "The daemon is not scraped: nothing is known of any sleeper",
        "Prometheus gets no metrics from {{ if $labels.instance }}{{ $labels.instance }}{{ else }}any daemon"
        "{{ end }}. No other alert can fire until it does.",
        "daemon",
    ),
)
