"""`dreamd me consent ...` and `dreamd me withdraw`: grant each scope by its name, look, withdraw."""

import argparse
import sys
from hashlib import sha256
from pathlib import Path
from typing import Final

import dreamapi
from dreamapi.consents import MODALITIES, SCOPES
from dreamd.adapters.documents.notice import LANGUAGE, notice_sha256, notice_text
from dreamd.cli.client import NothingAskedError, as_json, console, finite, print_json
from dreamd.cli.instants import instant, zoned
from dreamd.cli.me.sleeper import FLAGS, add_verb
from dreamd.cli.printing import consent_tables, tables

_GRANT_FLAGS: Final = FLAGS | {
    "grant.scopes": "SCOPE",
    "grant.modalities": "--modality",
    "grant.ceiling": "--ceiling",
    "grant.artist_share": "--artist-share",
    "grant.hours": "--hours",
    "grant.zone": "--zone",
    "grant.expire_time": "--until",
    "grant.duo": "--duo",
    "grant.notice_sha256": "--notice",
    "grant.language": "--language",
    "grant.revision": "--revision",
    "grant.adult": "--adult",
}


def add_verbs(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `consent` with its verbs, and `withdraw`."""
    does = "what the sleeper agrees to: show, grant, withdraw"
    consent = verbs.add_parser("consent", help=does, description=does)
    acts = consent.add_subparsers(required=True, metavar="ACT")
    add_verb(acts, "show", _show, "the consent as it stands")
    add_verb(acts, "list", _list, "every grant, newest first")
    _add_grant(acts)
    _add_withdraw(acts)
    _add_receipt(acts)
    notice = acts.add_parser("notice", help="print the notice that a grant refers to")
    notice.set_defaults(run=_notice)
    _add_withdraw(verbs)


def _add_withdraw(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    does = "leave: the bed is set to zero now, and nothing holds until the next grant"
    withdraw = add_verb(verbs, "withdraw", _withdraw, does)
    withdraw.add_argument("--issuer", default="", help="name of the person that asks for it; optional")


def _add_grant(acts: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    does = "agree to each scope that is named, and to nothing else"
    grant = add_verb(
        acts,
        "grant",
        _grant,
        f"{does}; the whole of the newest grant holds, so name every scope again",
        reads=False,
    )
    grant.add_argument(
        "scopes", metavar="SCOPE", nargs="+", choices=tuple(SCOPES), help=f"of {', '.join(SCOPES)}"
    )
    grant.add_argument(
        "--modality",
        metavar="MODALITY",
        action="append",
        default=[],
        choices=tuple(MODALITIES),
        help=f"of {', '.join(MODALITIES)}; may be repeated; with merge at least one",
    )
    grant.add_argument("--ceiling", metavar="COUPLING", type=finite, default=0.0, help="the most, up to 0.15")
    grant.add_argument(
        "--artist-share",
        metavar="SHARE",
        type=finite,
        default=0.0,
        help="the most of an artist, with perform",
    )
    grant.add_argument(
        "--until",
        metavar="WHEN",
        type=instant,
        help="a time, or a day for its end; at most 90 days ahead; absent: this night",
    )
    grant.add_argument("--hours", metavar="HH:MM/HH:MM", default="", help="of each night; absent: any hour")
    grant.add_argument("--zone", metavar="ZONE", default="", help="of the hours, such as Europe/Zurich")
    grant.add_argument(
        "--duo",
        metavar="CODE",
        action="append",
        default=[],
        help="GA4GH code, with research; may be repeated",
    )
    grant.add_argument(
        "--notice", metavar="FILE", type=Path, help="the notice that was read; absent: the one that ships"
    )
    grant.add_argument("--language", default=LANGUAGE, help=f"of the notice (default {LANGUAGE})")
    grant.add_argument(
        "--adult", action="store_true", help="the sleeper is an adult; without it no grant is taken"
    )
    grant.add_argument(
        "--revision", metavar="N", type=int, default=0, help="refuse the grant unless it is this revision"
    )
    grant.set_defaults(flags=_GRANT_FLAGS)


def _add_receipt(acts: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    does = "print the signed receipt of a grant; dreamd receipt verify checks it"
    receipt = add_verb(acts, "receipt", _receipt, does)
    receipt.add_argument(
        "revision", metavar="REVISION", nargs="?", type=int, default=0, help="absent: the newest"
    )
    receipt.add_argument("--fhir", action="store_true", help="print it as an HL7 FHIR R5 Consent")


async def _show(api: dreamapi.Api, args: argparse.Namespace) -> None:
    _print(await api.consents.consent_of(args.sleeper, reason=args.reason), args)


def _print(consent: dreamapi.Consent, args: argparse.Namespace) -> None:
    if args.json:
        print_json(as_json(consent))
    else:
        print(consent_tables.consent(consent))


async def _list(api: dreamapi.Api, args: argparse.Namespace) -> None:
    grants = await api.consents.list_grants(args.sleeper, reason=args.reason)
    if args.json:
        print_json([as_json(one) for one in grants])
    elif grants:
        console().print(consent_tables.grants(grants))
    else:
        print("nothing was granted yet; grant with: dreamd me consent grant SCOPE ...")


async def _grant(api: dreamapi.Api, args: argparse.Namespace) -> None:
    try:
        until = zoned(args.until, args.zone)
        digest = _digest(args.notice)
    except (ValueError, OSError) as error:
        raise NothingAskedError(str(error)) from error
    grant = dreamapi.consent_grant(
        scopes=args.scopes,
        modalities=args.modality,
        ceiling=args.ceiling,
        artist_share=args.artist_share,
        hours=args.hours,
        zone=args.zone,
        until=until,
        duo=args.duo,
        notice_sha256=digest,
        language=args.language,
        adult=args.adult,
        revision=args.revision,
    )
    _print(await api.consents.grant(args.sleeper, grant), args)


def _digest(notice: Path | None) -> str:
    return notice_sha256() if notice is None else sha256(notice.read_bytes()).hexdigest()


async def _withdraw(api: dreamapi.Api, args: argparse.Namespace) -> None:
    outcome = await api.consents.withdraw(args.sleeper, reason=args.reason, issuer=args.issuer)
    if args.json:
        print_json(as_json(outcome))
    else:
        print(f"withdrawn: {tables.outcome(outcome)}")


async def _receipt(api: dreamapi.Api, args: argparse.Namespace) -> None:
    receipt = await api.consents.receipt(args.sleeper, args.revision, reason=args.reason)
    sys.stdout.write((receipt.fhir if args.fhir else receipt.document).decode())
    if args.fhir:
        print()


def _notice(_args: argparse.Namespace) -> int:
    print(notice_text(), end="")
    return 0
