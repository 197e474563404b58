"""`dreamd stage play SCORE [DREAMSCAPE]`: lead by a score, with the artist's hand over it.

Exit status: 0 the score or the Dreamscape has ended, a signal came, or with --check the score may be played;
1 the score or the daemon refuses (the sentence is on stderr), 2 wrong usage.
"""

import argparse
import asyncio
import time
from functools import partial
from pathlib import Path

import dreamapi
from dreamapi import names
from dreamapi.text import shown
from dreamd.adapters.documents.shipped import shipped_bundle
from dreamd.cli.client import add_connection, fail, print_json, server_of
from dreamd.cli.stage.live import add_stage, carried, hears_itself, options_of
from dreamd.stage.choice import chosen, schema_of
from dreamd.stage.failures import CannotRun
from dreamd.stage.report import Report
from dreamd.stage.score.judgement import ScoreLimits, judge, limits_in_force, score_limits
from dreamd.stage.score.picture import counted, score_svg
from dreamd.stage.score.player import ScorePlayer
from dreamd.stage.score.reading import ScoreError, read_score
from dreamd.stage.score.score import Score
from dreamd.stage.session import StageSession

DOES = "lead a Dreamscape by a score; live input by OSC takes over, and gives back after ten seconds"
SCORES = """\
a score:
  title = "Tide"
  artist = "Ida Berg"
  schema = "bands6x2"
  duration_s = 120
  share_most = 0.3

  [[move]]
  at_s = 60
  share = 0.3
  curve = "cosine"                  # or "linear"
  vector = { alpha = [1, -2] }      # anterior, posterior; a band that is not named is 0

  [[cue]]
  at_s = 30
  name = "bells"

Second 0 is the first tick that is seen, at the zero vector with share 0. See docs/stage.md.
"""


def add_verb(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `play`."""
    parser = verbs.add_parser(
        "play",
        help=DOES,
        description=DOES,
        epilog=SCORES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_connection(parser)
    parser.add_argument("score", metavar="SCORE", type=Path, help="a score, TOML")
    parser.add_argument(
        "dreamscape", metavar="DREAMSCAPE", nargs="?", default="", help="its name (the only one by default)"
    )
    add_stage(parser)
    parser.add_argument(
        "--check",
        action="store_true",
        help="read and judge the score, and play nothing; without a DREAMSCAPE by the shipped guidelines",
    )
    parser.add_argument("--picture", metavar="FILE", type=Path, help="write a picture of the score, SVG")
    parser.set_defaults(act=act, share=0.0, title="", artist="")


def act(args: argparse.Namespace) -> int:
    """Play, or check; return the exit status."""
    if hears_itself(args):
        return fail(hears_itself(args), 2)
    try:
        return _acted(args)
    except ScoreError as no:
        return fail(shown(f"{args.score}: {no}"), 1)
    except OSError as no:
        return fail(shown(f"{no.filename or args.score}: {no.strerror}"), 1)
    except (CannotRun, dreamapi.ApiError) as no:
        return fail(shown(str(no)), 1)


def _acted(args: argparse.Namespace) -> int:
    score = read_score(args.score.read_bytes())
    if args.picture is not None:
        args.picture.write_text(score_svg(score), encoding="utf-8")
    if args.check and not args.dreamscape:
        limits = score_limits(shipped_bundle())
        judge(score, limits)
        return _tell(args, score, limits, "the shipped guidelines")
    name, limits = asyncio.run(_judged(args, score))
    if args.check:
        return _tell(args, score, limits, f"the guidelines in force and the plan of {name}")
    session = StageSession(
        server_of(args),
        name,
        clock=time.monotonic,  # noqa: TID251 - the composition of this program
        report=Report(partial(print, flush=True), as_json=args.json),
        options=options_of(args),
        leader_of=partial(ScorePlayer, score),
    )
    return carried(session.run_until_ended())


async def _judged(args: argparse.Namespace, score: Score) -> tuple[str, ScoreLimits]:
    """Return the Dreamscape's name and the limits in force, both of which let this score be played.

    Raises:
        ScoreError: the line at fault.
        CannotRun: there is no such Dreamscape to be led.
    """
    async with dreamapi.connect(server_of(args)) as api:
        found = await chosen(api, args.dreamscape)
        limits = limits_in_force(await api.guidelines.get_revision())
    name = names.bare(found.name)
    if schema_of(found) is not score.schema:
        line = f"line {score.lines['schema']}: the score is of {score.schema.name}"
        raise ScoreError(f"{line}; {name} has {found.plan.schema}")
    judge(score, limits)
    asked = max(move.share for move in score.moves)
    if not asked <= found.plan.artist_share:
        at = next(move.line for move in score.moves if move.share == asked)
        most = f"{found.plan.artist_share:g}, the artist share of {name}'s plan"
        raise ScoreError(f"line {at}: the share is {asked:g}; expected at most {most}")
    return name, limits


def _tell(args: argparse.Namespace, score: Score, limits: ScoreLimits, held: str) -> int:
    """Print what a score holds; return the exit status."""
    last = score.moves[-1]
    if args.json:
        print_json(
            {
                "title": score.title,
                "artist": score.artist,
                "sha256": score.sha256,
                "schema": score.schema.name,
                "duration_s": score.duration_s,
                "moves": len(score.moves),
                "cues": len(score.cues),
                "share_most": max(move.share for move in score.moves),
                "last_share": last.share,
                "revision": limits.revision,
            }
        )
        return 0
    print(shown(f"{score.title}, by {score.artist}: {counted(score)}, {score.schema.name}"))
    print(shown(f"it may be played by {held} (revision {limits.revision})"))
    print(f"sha256 {score.sha256}")
    if last.share > 0.0:
        print(
            f"its share ends at {last.share:g} and falls to 0 at once; a last move with share 0 lets it fade"
        )
    return 0
