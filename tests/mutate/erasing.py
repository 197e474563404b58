"""Keys of people, subjects in rows, erasure."""

from typing import Final

from mutate.mutation import Mutation

_LEDGER: Final = "daemon/dreamd/adapters/ledger/"
_ERASURE: Final = ("tests/daemon/test_erasure.py",)
_KEYS: Final = ("tests/daemon/test_people_keys.py",)
_APP: Final = ("tests/app/test_erasures.py",)
_CONFORMANCE: Final = ("tests/conformance/test_ledger_personal.py",)

ERASING: Final = (
    Mutation(
        "erasing.truncate",
        "removed bytes stay in the log of the keys",
        _LEDGER + "people_keys/keys_file.py",
        'return int(base.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]) == 0',
        "return base is not None",
        _ERASURE,
    ),
    Mutation(
        "erasing.busy-is-done",
        "done is said beside an open reader, and the files are not searched",
        _LEDGER + "eraser.py",
        "if swept and not found:",
        "if True:",
        _ERASURE,
    ),
    Mutation(
        "erasing.copies",
        "the copies of the keys keep an erased sleeper",
        _LEDGER + "eraser.py",
        "            self._store.keys.file.renew_copies(now_s)\n",
        "",
        _ERASURE,
    ),
    Mutation(
        "erasing.cut-short",
        "an erasure that was cut short is forgotten",
        _LEDGER + "stored_ledger.py",
        "            finish_erasures(store)\n",
        "            store.keys.read_once()\n",
        (*_ERASURE, *_CONFORMANCE),
    ),
    Mutation(
        "erasing.copies-at-the-start",
        "a start leaves an erased sleeper's key in a daily copy",
        _LEDGER + "eraser.py",
        "    if any(removed) or (erased and store.keys.file.copies_hold(erased.keys())):\n",
        "    if any(removed):\n",
        _ERASURE,
    ),
    Mutation(
        "erasing.place",
        "a sealed body opens in another table, column or row",
        _LEDGER + "people_keys/sealing.py",
        'return f"{subject}\\0{table}\\0{column}".encode()',
        'return b""',
        _KEYS,
    ),
    Mutation(
        "erasing.link-first",
        "a row names a subject whose link is not on the disk",
        _LEDGER + "people_keys/subject_column.py",
        "            self.keys.write_links()\n",
        "",
        (*_ERASURE, *_CONFORMANCE),
    ),
    Mutation(
        "erasing.tombstone",
        "an erasure buys dose",
        "daemon/dreamd/adapters/exposure.py",
        "stones.sums_min(sleeper, now_s) if stones else (0.0, 0.0)",
        "(0.0, 0.0)",
        _APP,
    ),
    Mutation(
        "erasing.own",
        "another than the sleeper erases",
        "daemon/dreamd/app/api/people/erasures.py",
        "if caller.role is not Role.SLEEPER:",
        "if False:",
        _APP,
    ),
    Mutation(
        "erasing.home-first",
        "the key goes before the last merge-minutes are charged",
        "daemon/dreamd/app/api/people/erasures.py",
        "if not self._dreamscapes.holds_account(erasure.sleeper):",
        "if True:",
        _APP,
    ),
    Mutation(
        "erasing.audit-login",
        "the audit log names a sleeper's login",
        "daemon/dreamd/core/audit/records.py",
        "    if act.own:\n",
        "    if False:\n",
        ("tests/core/test_audit.py",),
    ),
)
"""Each guard of an erasure, broken."""
