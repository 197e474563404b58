"""The public report: both sides, what is shown, once, and final."""

from typing import Final

from mutate.mutation import Mutation

_CELLS: Final = "daemon/dreamd/core/public_report/cells.py"
_MARKS: Final = "daemon/dreamd/app/public_report/report_marks.py"
_REPORTS: Final = "daemon/dreamd/app/public_report/public_reports.py"
_SIGNED: Final = "daemon/dreamd/adapters/documents/signed_file.py"
_FILES: Final = "daemon/dreamd/adapters/documents/public_reports.py"
_ROWS: Final = "daemon/dreamd/adapters/ledger/rows/institution_rows.py"
_CORE: Final = ("tests/core/test_public_report.py",)
_APP: Final = ("tests/app/test_public_reports.py",)
_DOCUMENTS: Final = ("tests/daemon/test_public_reports.py",)
_LEDGER: Final = ("tests/conformance/test_ledger_personal.py",)

PUBLIC_REPORTS: Final = (
    Mutation(
        "report.one-side",
        "a cell is shown where all but a few people are in it",
        _CELLS,
        "count >= least and (kind is Kind.SLEPT or rest >= least)",
        "count >= least",
        _CORE,
    ),
    Mutation(
        "report.true-total",
        "a total counts hidden cells, and gives a lone one away",
        _CELLS,
        "sum(cell.people or 0 for cell in cells if cell.kind is kind)",
        "sum(len(who) for (_, one), who in people.items() if one is kind)",
        _CORE,
    ),
    Mutation(
        "report.exact",
        "a count is not rounded",
        _CELLS,
        "(2 * count + ROUNDED_TO) // (2 * ROUNDED_TO) * ROUNDED_TO",
        "count",
        _CORE,
    ),
    Mutation(
        "report.empty-site",
        "a site without a sleeper has no row",
        _CELLS,
        "sorted({*sites, *(site for site, _ in people)})",
        "sorted({site for site, _ in people})",
        _CORE,
    ),
    Mutation(
        "report.early",
        "a period that goes on is counted",
        _REPORTS,
        "        if not now_s >= period.end_s:\n",
        "        if not now_s >= period.begin_s:\n",
        _APP,
    ),
    Mutation(
        "report.late-marks",
        "an event of a published period marks a person for the next one",
        _MARKS,
        "if mark.day < self._closed_to or mark in self._today:",
        "if mark in self._today:",
        _APP,
    ),
    Mutation(
        "report.anew",
        "a report of a period is written over the one that was published",
        _ROWS,
        "insert(tables.public_reports).on_conflict_do_nothing()",
        'sa.text("INSERT OR REPLACE INTO public_reports VALUES (:first, :end, :text)")',
        _LEDGER,
    ),
    Mutation(
        "report.marks-stay",
        "the marks of a published period stay, so that it can be counted again",
        _ROWS,
        '            rows.gather("report_marks", _DROP_MARKS, [{"before": report.end}])\n',
        "",
        _LEDGER,
    ),
    Mutation(
        "report.unsigned",
        "a changed report holds",
        _SIGNED,
        "if not key.verify(covered, signature) or self._file(document, signature, key).encode() != text:",
        "if other:",
        _DOCUMENTS,
    ),
    Mutation(
        "report.overlap",
        "two reports of one time make a folder",
        _FILES,
        "        if not before[1] <= after[0]:\n",
        "        if after[0] < before[0]:\n",
        _DOCUMENTS,
    ),
)
"""Every mutation of the public report."""
