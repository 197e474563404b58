"""Topics: every built topic parses back, and no foreign name gets in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamwire import topics
from wire.strategies import names


@given(names, st.sampled_from(sorted(topics.LEAVES)))
def test_a_pods_topics_come_back(pod: str, leaf: str) -> None:
    """A pod's topic parses to its pod and leaf."""
    assert topics.parse(topics.pod_topic(pod, leaf)) == topics.PodTopic(pod, leaf)


@given(names, st.integers(0, 99_999), names)
def test_frames_topics_come_back(dreamscape: str, cohort: int, sender: str) -> None:
    """A frames topic parses to its Dreamscape, cohort and sender."""
    parsed = topics.parse(topics.frames(dreamscape, cohort, sender))
    assert parsed == topics.FramesTopic(dreamscape, cohort, sender)


@given(st.text(max_size=80))
def test_parsing_never_raises(text: str) -> None:
    """Any text is parsed or None, with our root before it or not."""
    for topic in (text, f"dreamd/v1/{text}", f"dreamd/v1/frames/a/{text}/b", f"dreamd/v1/pods/{text}"):
        topics.parse(topic)


@pytest.mark.parametrize(
    "topic",
    [
        "dreamd/v1/pods/bed-1",
        "dreamd/v1/pods/bed-1/presence/x",
        "dreamd/v1/pods/bed-1/secrets",
        "dreamd/v1/pods/Bed-1/status",
        "dreamd/v1/pods//status",
        "dreamd/v1/pods/+/status",
        "dreamd/v2/pods/bed-1/status",
        "dreamd/v1/frames/night/01/bed-1",
        "dreamd/v1/frames/night/-1/bed-1",
        "dreamd/v1/frames/night/²/bed-1",
        "dreamd/v1/frames/night/0/",
        f"dreamd/v1/frames/night/{'9' * 5000}/bed-1",
        "dreamd/v1/wake",
        "",
    ],
)
def test_a_topic_that_is_not_a_pods_is_none(topic: str) -> None:
    """A topic that is not exactly one of a pod's is None: no second spelling of a cohort, no wildcards."""
    assert topics.parse(topic) is None


@pytest.mark.parametrize("name", ["a", "0", "bed-1", "ward_a.2", "x" * 63])
def test_names(name: str) -> None:
    """A name is 1 to 63 of a-z 0-9 _ . - that begins and ends alphanumeric."""
    assert topics.is_name(name)


@pytest.mark.parametrize("name", ["", "-a", "a-", "A", "a/b", "a b", "a\n", "é", "#", "+", "x" * 64])
def test_invalid_names(name: str) -> None:
    """Slashes, wildcards, capitals, white space and anything longer are not a name."""
    assert not topics.is_name(name)


def test_the_daemons_filters_do_not_overlap() -> None:
    """No pod topic is matched by two filters: a broker would deliver it twice."""
    samples = [topics.pod_topic("bed-1", leaf) for leaf in topics.LEAVES] + [topics.frames("n", 0, "bed-1")]
    for topic in samples:
        hits = [f for f in (*topics.POD_REPORTS, topics.FRAMES) if _matches(f, topic)]
        assert len(hits) == (0 if topic.endswith("/command") else 1)


def _matches(pattern: str, topic: str) -> bool:
    parts, given_parts = pattern.split("/"), topic.split("/")
    return len(parts) == len(given_parts) and all(
        p in ("+", g) for p, g in zip(parts, given_parts, strict=True)
    )
