"""`sign_key`: closed segments are signed, and cs-verify says by whom, and whether it is true."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys

import pytest

from formats.signatures import fingerprint_of
from tests.support.recording import COMMAND, Recorder

pytestmark = pytest.mark.skipif(
    shutil.which("ssh-keygen") is None, reason="ssh-keygen is not installed; .ci/run installs it"
)
WITHOUT = """
import sys
sys.modules["cryptography"] = None
import importlib.util
importlib.util.find_spec = lambda name: None
import claude_sessions_recorder as commands
sys.exit(commands.main(sys.argv[1:]))
"""


def new_key(path, *more):
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path, *more], check=True)
    return path


@pytest.fixture
def key(cs_rec, tmp_path):
    """A key that the configuration names."""
    cs_rec.home.mkdir(mode=0o700)
    path = new_key(tmp_path / "key")
    (cs_rec.home / "config.toml").write_text(f'sign_key = "{path}"\n')
    return path


@pytest.fixture
def verify(cs, cs_rec):
    def run(*arguments):
        return cs("verify", "--home", cs_rec.home, *arguments)

    return run


def signed(cs_rec):
    path = cs_rec.logs / f"{cs_rec.log.id}.sig"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def recorded(cs_rec, *arguments):
    """A session of several segments, signed to its end."""
    terminal = cs_rec.start(
        "--rotate-bytes", "64K", *arguments, ".", *cs_rec.child("count", 150_000)
    )
    assert terminal.wait() == 0
    terminal.until_after(lambda: any(one["last"] for one in signed(cs_rec)))
    return terminal


def test_every_segment_is_signed_as_it_is_closed(cs_rec, key, verify):
    recorded(cs_rec)
    stated = signed(cs_rec)
    assert [one["segment"] for one in stated] == list(range(1, len(cs_rec.log.files()) + 1))
    assert [one["last"] for one in stated] == [False] * (len(stated) - 1) + [True]
    assert (cs_rec.logs / f"{cs_rec.log.id}.sig").stat().st_mode & 0o777 == 0o600
    done = verify()
    assert done.returncode == 0, done
    assert f"signed by {fingerprint_of(f'{key}.pub')}" in done.stdout
    for wanted in (f"{key}.pub", fingerprint_of(f"{key}.pub")):
        assert verify("--signed-by", wanted).returncode == 0
    shown = subprocess.check_output(["ssh-keygen", "-l", "-f", f"{key}.pub"], text=True)
    assert fingerprint_of(f"{key}.pub") in shown, "as ssh-keygen shows it"


def test_another_key_has_not_signed_it(cs_rec, key, verify, tmp_path):
    recorded(cs_rec)
    other = new_key(tmp_path / "other")
    done = verify("--signed-by", f"{other}.pub", "--json")
    assert done.returncode == 1
    for line in done.stdout.splitlines():
        fields = json.loads(line)
        assert fields["signed"] == {"key": fingerprint_of(f"{key}.pub"), "valid": True}
        assert [one["kind"] for one in fields["damage"]] == ["signature"]


def test_what_was_changed_with_all_its_hashes_is_found(cs_rec, key, verify):
    """As one who may write the files would do it: line, checkpoints and chain fit each other."""
    assert cs_rec.run("-q", ".", "--", "echo", "approved").returncode == 0
    terminal = cs_rec.start(command=["true"])
    terminal.until_after(lambda: any(one["last"] for one in signed(cs_rec)))
    log = cs_rec.log.files()[0]
    (cs_rec.logs / f"{cs_rec.log.id}.sums").unlink()
    assert verify().returncode == 0
    log.write_bytes(log.read_bytes().replace(b"YXBwcm92ZWQ", b"ZGlzYWdyZWQ"))
    done = verify()
    assert done.returncode == 1
    assert "is not what SHA256:" in done.stdout
    assert done.stdout.count("\n") == 2


@pytest.mark.parametrize("change", ["segment", "bytes", "sha256", "last", "signature", "key"])
def test_a_signature_for_something_else_is_wrong(cs_rec, key, verify, change, tmp_path):
    recorded(cs_rec)
    path = cs_rec.logs / f"{cs_rec.log.id}.sig"
    first, *others = path.read_text().splitlines()
    fields = json.loads(first)
    if change == "segment":
        fields["segment"] = 2
        others[0] = others[0].replace('"segment":2', '"segment":1')
    elif change == "bytes":
        fields["bytes"] += 1
    elif change == "last":
        fields["last"] = True
    else:
        letter = fields[change][3]
        fields[change] = fields[change][:3] + ("a" if letter != "a" else "b") + fields[change][4:]
    path.write_text("\n".join([json.dumps(fields), *others]) + "\n")
    done = verify()
    assert done.returncode == 1, done
    assert "signature by SHA256:" in done.stdout


def test_segments_that_were_signed_and_are_gone_are_missing(cs_rec, key, verify):
    recorded(cs_rec)
    cs_rec.log.files()[-1].unlink()
    (cs_rec.logs / f"{cs_rec.log.id}.sums").unlink()
    done = verify()
    assert done.returncode == 1
    assert "is missing" in done.stdout


def test_a_session_of_a_killed_recorder_is_signed_when_it_is_closed(cs_rec, key, verify):
    terminal = cs_rec.start(".", *cs_rec.child("echo"))
    terminal.wait_for(b"READY")
    session_id = cs_rec.log.id
    terminal.signal(signal.SIGKILL)
    terminal.wait()
    os.utime(cs_rec.log.files()[0], (1, 1))  # nobody is at it any more
    module = [sys.executable, "-m", "recorder.maintenance", str(cs_rec.home)]
    subprocess.run(module, check=True, stdout=subprocess.DEVNULL, timeout=30)
    assert cs_rec.log.id == session_id
    assert cs_rec.log.event("exit")["reason"] == "recorder died"
    assert verify("--signed-by", f"{key}.pub").returncode == 0


def test_nothing_is_signed_unless_it_is_asked_for(cs_rec, verify, tmp_path):
    assert cs_rec.run("-q", ".", "--", "true").returncode == 0
    done = verify()
    assert done.returncode == 0
    assert "signed" not in done.stdout
    assert json.loads(verify("--json").stdout)["signed"] is None
    assert not list(cs_rec.logs.glob("*.sig"))
    done = verify("--signed-by", f"{new_key(tmp_path / 'key')}.pub")
    assert done.returncode == 1
    assert "has not signed it" in done.stdout


def test_without_the_library_it_is_said(cs_rec, key, verify):
    recorded(cs_rec)
    home = ["--home", str(cs_rec.home)]
    argv = [sys.executable, "-c", WITHOUT]
    done = subprocess.run([*argv, "verify", *home], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert done.stderr.count("\n") == 1
    assert "not checked" in done.stderr
    for command in (["verify", "--signed-by", f"{key}.pub", *home], ["rec", *home, "--", "true"]):
        done = subprocess.run([*argv, *command], capture_output=True, text=True, check=False)
        assert done.returncode in (2, 125)
        assert done.stderr.count("\n") == 1
        assert "[sign]" in done.stderr


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda _: None, "cannot read"),
        (lambda path: path.write_text("junk"), "no private key of OpenSSH"),
        (lambda path: new_key(path, "-N", "secret"), "passphrase"),
        (lambda path: new_key(path, "-t", "ecdsa"), "no Ed25519 key"),
        (lambda path: cut(new_key(path)), "damaged"),
    ],
    ids=["none", "junk", "passphrase", "ecdsa", "cut"],
)
def test_a_key_that_cannot_sign_is_said_at_the_start(cs_rec, tmp_path, make, words):
    path = tmp_path / "key"
    make(path)
    cs_rec.environ["CLAUDE_SESSIONS_SIGN_KEY"] = str(path)
    done = cs_rec.run(".", "--", "true")
    assert done.returncode == 125
    assert words.encode() in done.stderr
    assert done.stderr.count(b"\n") == 1
    assert not cs_rec.logs.exists()


def cut(path):
    """The key with most of its content gone."""
    first, second, *_, last = path.read_text().splitlines(keepends=True)
    path.chmod(0o600)
    path.write_text(first + second[:20] + "\n" + last)


def test_the_recorder_itself_loads_no_library_for_it(cs_rec: Recorder, key):
    """Its own memory and start stay as they are; the process that hashes signs."""
    code = (
        "import sys, claude_sessions_recorder as c; code = c.rec(sys.argv[1:]);"
        "print([name for name in sys.modules if 'cryptography' in name]); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "-q", ".", "--", "true"],
        env=cs_rec.environ, cwd=cs_rec.folder, capture_output=True, text=True, check=True,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert COMMAND
    assert done.stdout == "[]\n"
