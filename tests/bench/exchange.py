"""Exchange: the clearing of a large round, beside scipy's assignment of the same book in the same run."""

import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from scipy.optimize import linear_sum_assignment

sys.path.insert(0, str(Path(__file__).parents[1]))

from dreamd.adapters.documents.canonical import digest
from dreamd.core.exchange.book import Ask, Book, Offer, Terms, checked
from dreamd.core.exchange.classes import AskClass
from dreamd.core.exchange.clearing import clear
from dreamd.core.exchange.published import Draw, published, verify
from dreamd.core.exchange.tickets import commitment

Row = Callable[[str, str, str], None]
ASKS, BERTHS = 10_000, 5_000
TARGET_S = 2.0
TERMS = Terms(1000, 1_000_000_000, 0.15, 0.3, 0.2)


def book_of(listed: int, popular: bool) -> Book:
    """A book of single berths. popular: nearly all asks list the same few, so room has to be made."""
    lot = random.Random(1)
    ids = [f"k{n:04d}" for n in range(BERTHS)]
    offers = [Offer(one, "north", "2026-11-30", (), 1, 1000) for one in ids]

    def wishes() -> tuple[str, ...]:
        if not popular:
            return tuple(lot.sample(ids, listed))
        far = (int(lot.paretovariate(0.3)) for _ in range(listed))
        return tuple(dict.fromkeys(ids[min(one + lot.randrange(3), BERTHS - 1)] for one in far))

    classes = lot.choices(tuple(AskClass), (1, 3, 6), k=ASKS)
    return checked("round-1", TERMS, offers, [Ask(f"a{n:05d}", of, wishes()) for n, of in enumerate(classes)])


def spent_s(act: Callable[[], object]) -> float:
    """Seconds of CPU of one call."""
    began_s = time.process_time()
    act()
    return time.process_time() - began_s


def judged(book: Book, by_rank: bool) -> tuple[float, int]:
    """Seconds of CPU of scipy's assignment, without building its matrix, and how many it places.

    by_rank: it also seeks the best ranks among the largest; otherwise any largest.
    """
    place = {offer.id: n for n, offer in enumerate(book.offers)}
    gains = np.zeros((len(book.asks), len(book.offers)))
    for n, ask in enumerate(book.asks):
        ranks = np.arange(len(ask.offers)) if by_rank else 0.0
        gains[n, [place[one] for one in ask.offers]] = 1e6 - ranks
    began_s = time.process_time()
    rows, columns = linear_sum_assignment(gains, maximize=True)
    return time.process_time() - began_s, int((gains[rows, columns] > 0.0).sum())


def exchange(row: Row) -> None:
    """Print the table."""
    size = f"{ASKS} asks, {BERTHS} berths"
    for listed, popular in ((140, False), (20, True)):
        book = book_of(listed, popular)
        found = clear(book, "x")
        cost_s = min(spent_s(lambda book=book: clear(book, "x")) for _ in range(3))
        name = f"{size}, {listed} listed, {'popular' if popular else 'any'}"
        row(f"{name}: CPU", f"{cost_s:.2f} s", f"<= {TARGET_S:.0f} s")
        row(
            f"  room made for, moved, placed",
            f"{len(found.room)}, {len(found.moves)}, {len(found.holds)}",
            "",
        )
    nonces = ("11" * 32, "22" * 32)
    whole = published(book, Draw((commitment(nonces[0]), commitment(nonces[1])), nonces), (), digest)
    row("  verified from its file: CPU", f"{spent_s(lambda: verify(whole, digest)):.2f} s", "none")
    for by_rank in (False, True):
        scipy_s, placed = judged(book, by_rank)
        name = f"  linear_sum_assignment{', best ranks' if by_rank else ''}: CPU; times ours; placed"
        row(name, f"{scipy_s:.1f} s; {scipy_s / cost_s:.0f}; {placed}", "")
