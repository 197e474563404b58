"""What both ends share: seals, couplings as bytes, the others without oneself (DESIGN 5, 7.3)."""

from typing import Final

from mutate.mutation import Mutation

_SEAL, _BLEND, _TESTS_SEAL = "proto/dreamwire/seal.py", "proto/dreamwire/blend.py", "tests/wire/test_seal.py"
_TESTS_BLEND: Final = "tests/wire/test_blend.py"

_TEXT, _TESTS_TEXT = "proto/dreamwire/text.py", "tests/wire/test_text.py"

WIRE: Final = (
    Mutation(
        "text.surrogates",
        "a surrogate in the reason of a sever reaches an encoder, which refuses it",
        _TEXT,
        '.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")',
        "",
        (_TESTS_TEXT,),
    ),
    Mutation(
        "text.controls",
        "control characters of a reason are kept",
        _TEXT,
        "return unicodedata.category(char) in _UNFIT and char not in _JOINERS",
        "return False",
        (_TESTS_TEXT,),
    ),
    Mutation(
        "text.bound",
        "text of any length is kept",
        _TEXT,
        "for char in line[:most]).rstrip()",
        "for char in line).rstrip()",
        (_TESTS_TEXT,),
    ),
    Mutation(
        "text.shown",
        "a terminal obeys what a stranger's text tells it",
        _TEXT,
        'return "".join(char if char.isprintable() else _escaped(char) for char in text)',
        "return text",
        (_TESTS_TEXT,),
    ),
    Mutation(
        "seal.signature",
        "whatever anybody signed is obeyed",
        _SEAL,
        "if not verify.verify(_covered(context, sealed.body), sealed.signature):",
        "if False:",
        ("tests/edge/test_door.py", _TESTS_SEAL),
    ),
    Mutation(
        "seal.context",
        "one message can be replayed as another",
        _SEAL,
        'return context.encode() + b"\\0" + body',
        "return body",
        (_TESTS_SEAL,),
    ),
    Mutation(
        "seal.context-ends",
        "context and body can be shifted into one another",
        _SEAL,
        'return context.encode() + b"\\0" + body',
        "return context.encode() + body",
        (_TESTS_SEAL,),
    ),
    Mutation(
        "seal.size",
        "a payload of any size is unsealed",
        _SEAL,
        "if not 0 < len(payload) <= PAYLOAD_BYTES_MAX:",
        "if False:",
        (_TESTS_SEAL,),
    ),
    Mutation(
        "blend.byte-rounds-down",
        "a coupling byte grants more than was meant",
        _BLEND,
        "return bisect_right(_LEVELS, coupling) - 1 if ok else 0",
        "return min(bisect_right(_LEVELS, coupling), 255) if ok else 0",
        (_TESTS_BLEND,),
    ),
    Mutation(
        "blend.nobody-else",
        "a sleeper is drawn to a collective of oneself",
        _BLEND,
        "rest > REST_MIN * total > 0.0 and rest < np.inf",
        "rest != 0.0 and rest < np.inf",
        (_TESTS_BLEND,),
    ),
    Mutation(
        "blend.within-the-clip",
        "sums that cannot be means of clipped states are followed",
        _BLEND,
        "within = min(centre) >= -_HULL and max(centre) <= _HULL and beyond - beyond == 0.0",
        "within = True",
        (_TESTS_BLEND,),
    ),
    Mutation(
        "blend.collective-finite",
        "a collective of no numbers is blended in",
        _BLEND,
        "if others.shape != own.shape or not finite(others):",
        "if others.shape != own.shape:",
        (_TESTS_BLEND,),
    ),
    Mutation(
        "blend.share-is-a-number",
        "a share that is no number in range is blended",
        _BLEND,
        "ok = c_minus is not None and 0.0 < share_a <= 1.0",
        "ok = c_minus is not None",
        (_TESTS_BLEND,),
    ),
    Mutation(
        "blend.artist-share",
        "an artist's share is not bounded",
        _BLEND,
        "ok = 0.0 < share_b <= SHARE_B_MAX",
        "ok = True",
        (_TESTS_BLEND,),
    ),
    Mutation(
        "blend.nan-stays-visible",
        "a state that is no number becomes one at the clip's edge",
        _BLEND,
        "x = x + (x - x)",
        "x = np.nan_to_num(x)",
        (_TESTS_BLEND,),
    ),
    Mutation(
        "codec.scale-finite",
        "an assign whose scale is no number is read",
        "proto/dreamwire/codec/bounds.py",
        "ok = np.isfinite(values) & (values > above)",
        "ok = ~(values <= above)",
        ("tests/wire/test_codec_bounds.py",),
    ),
    Mutation(
        "codec.bounds",
        "a number out of its bounds is read",
        "proto/dreamwire/codec/bounds.py",
        "ok = low <= value <= high and value - value == 0.0",
        "ok = True",
        ("tests/wire/test_codec_bounds.py",),
    ),
    Mutation(
        "access.password-in-the-clear",
        "a password crosses the network in the clear",
        "proto/dreamwire/access.py",
        "if papers.password_file and not address.tls and not address.on_this_machine:",
        "if False:",
        ("tests/wire/test_access.py",),
    ),
)
