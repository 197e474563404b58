"""The facts of a sleeper's admission: clauses of the guidelines judge them, dry runs are made of them."""

from math import inf, nan

from dreamd.app.dependencies import Dependencies
from dreamd.app.fleet.registry import PodRecord
from dreamd.app.guidelines.admission_records import minute_of_day
from dreamd.core.dreamscapes.admission import OF_EMPTY_BEDS
from dreamd.core.dreamscapes.views import Plan
from dreamd.core.exposure.dose import Dose
from dreamd.core.guidelines.plans import plan_facts
from dreamd.core.limits import SESSION_MAX_S
from dreamd.ports.consent import ConsentStatus


class ClauseFacts:
    """Gathers the facts of admissions to one Dreamscape."""

    def __init__(self, dependencies: Dependencies) -> None:
        self._deps = dependencies

    def judged(self, record: PodRecord, standing: ConsentStatus) -> dict[str, float]:
        """The facts that a clause judges at admission, but for the dose."""
        known = standing.adult or standing.left_s(self._deps.clock.now_s()) > 0.0
        return {"adult": float(standing.adult) if known else nan, "calibrated_s": calibrated_s(record)}

    def keep_facts(self, plan: Plan, people: int, record: PodRecord) -> None:
        """Keep the facts of this admission. people: the seats that are taken, this one included.

        Of an anchor session none is kept: the clauses of a merge do not judge it.
        """
        if plan.kind.alone:
            return
        now_s = self._deps.clock.now_s()
        standing = self._deps.consents.standing(record.sleeper)
        dose = self._deps.doses.dose(record.sleeper, now_s)
        granted = min(plan.ceiling, standing.ceiling)
        facts = plan_facts(plan) | self.judged(record, standing) | _of_dose(dose)
        facts |= {
            "people": float(people),
            "calibration_days": float(self._deps.doses.days.many(record.sleeper)),
            "minute_of_day": minute_of_day(now_s),
            "rested_h": self._deps.moratoria.rested_h(record.presence.site),
            "planned_min": granted * max(0.0, (plan.close_at_s or now_s + SESSION_MAX_S) - now_s) / 60.0,
        }
        self._deps.admissions.add_admission(facts, record.presence.site, now_s)


def calibrated_s(record: PodRecord) -> float:
    """Seconds of clean calibration; NaN: not calibrated; infinity: the bed is empty, no clause asks any."""
    if record.status is None or not record.status.calibration.done:
        return nan
    calibration = record.status.calibration
    return inf if calibration.source in OF_EMPTY_BEDS else calibration.clean_s


def _of_dose(dose: Dose) -> dict[str, float]:
    return {"dose_24h_min": dose.charged_min, "dose_7d_min": dose.week_min}
