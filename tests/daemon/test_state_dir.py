"""The state directory and the key in it."""

from pathlib import Path

import pytest

from dreamd.adapters.keys import KEY_FILE, PUBLIC_FILE, Seal, open_key
from dreamd.adapters.state_dir import StateDir, StateDirError
from dreamwire.codec import COLLECTIVE, DAEMON_PRESENCE, decode_daemon_presence
from dreamwire.messages import DaemonPresence, Versions
from dreamwire.signing import KeyFileError, SealError, VerifyKey, unseal


def test_a_second_daemon_on_the_directory_is_refused_by_name(tmp_path: Path) -> None:
    """A second daemon is refused with the holder's process; after `close` the directory is free."""
    first = StateDir(tmp_path / "state")
    with pytest.raises(StateDirError, match=r"another dreamd \(process \d+\)"):
        StateDir(tmp_path / "state")
    first.close()
    first.close()
    StateDir(tmp_path / "state").close()


def test_a_directory_in_which_others_may_write_is_refused(tmp_path: Path) -> None:
    """A directory writable by others is refused with the remedy: a ledger or key could be swapped in."""
    (tmp_path / "state").mkdir()
    (tmp_path / "state").chmod(0o777)
    with pytest.raises(StateDirError, match="chmod 700"):
        StateDir(tmp_path / "state")
    (tmp_path / "state").chmod(0o755)
    StateDir(tmp_path / "state").close()


def test_the_directory_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    """The directory is made with mode 0700, missing parents included."""
    state = StateDir(tmp_path / "deep" / "state")
    assert (tmp_path / "deep" / "state").stat().st_mode & 0o777 == 0o700
    state.close()


def test_a_directory_that_cannot_be_is_a_sentence(tmp_path: Path) -> None:
    """A file in the way is a sentence with the remedy."""
    (tmp_path / "file").write_text("")
    with pytest.raises(StateDirError, match="--state-dir"):
        StateDir(tmp_path / "file" / "state")


def test_the_key_is_made_once_and_private(tmp_path: Path) -> None:
    """The second start reads the first one's key; a lost public half is written anew."""
    first = open_key(tmp_path)
    (tmp_path / PUBLIC_FILE).unlink()
    second = open_key(tmp_path)
    assert second.public.raw == first.public.raw
    assert (tmp_path / KEY_FILE).stat().st_mode & 0o777 == 0o600
    assert VerifyKey.load(tmp_path / PUBLIC_FILE).raw == first.public.raw


def test_a_damaged_key_is_refused_and_never_replaced(tmp_path: Path) -> None:
    """A damaged key is refused and never replaced: every pod that pinned it would be lost."""
    (tmp_path / KEY_FILE).write_text("half a key")
    (tmp_path / KEY_FILE).chmod(0o600)
    with pytest.raises(KeyFileError):
        open_key(tmp_path)
    assert (tmp_path / KEY_FILE).read_text() == "half a key"


def test_a_sealed_message_opens_only_in_its_context(tmp_path: Path) -> None:
    """A sealed message opens only in its own context: a presence is no collective."""
    key = open_key(tmp_path)
    presence = DaemonPresence("d-1", True, Versions("0.1", 1), 1_760_000_000_000)
    payload = Seal(key)(presence)
    assert decode_daemon_presence(unseal(key.public, DAEMON_PRESENCE, payload)) == presence
    with pytest.raises(SealError):
        unseal(key.public, COLLECTIVE, payload)
