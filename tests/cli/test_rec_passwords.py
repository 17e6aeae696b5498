"""Passwords are never in a log; everything else that is typed is."""

from __future__ import annotations

import os
import shutil
import sys

import pytest

from tests.support.recording import waits_for_a_password

pytestmark = pytest.mark.usefixtures("linux")
SECRET = b"correct-horse"


def type_secret(terminal, secret=SECRET):
    """Key by key, as a person does."""
    terminal.until(lambda: waits_for_a_password(terminal))
    for key in secret:
        terminal.type(b"%c" % key)
    terminal.type(b"\r")


def never_stored(cs_rec):
    """Neither in the bytes of an entry, nor in those of several, nor in a file as it lies there."""
    log = cs_rec.log
    assert SECRET not in log.input()
    assert SECRET not in log.output()
    typed = [entry.data for entry in log.entries() if entry.direction == "input"]
    for path in cs_rec.home.rglob("*"):
        assert path.is_dir() or SECRET not in path.read_bytes()
    return typed


def test_getpass_is_masked_once_each_and_the_next_line_is_not(cs_rec):
    command = cs_rec.child("password")
    terminal = cs_rec.start(".", *command)
    terminal.wait_for(b"first: ")
    type_secret(terminal)
    terminal.wait_for(b"second: ")
    type_secret(terminal)
    terminal.wait_for(b"name: ")
    terminal.type(b"alice\r")
    assert terminal.wait() == 0
    assert b"lengths 13 13 seen alice" in terminal.screen
    never_stored(cs_rec)
    log = cs_rec.log
    assert log.input() == b"alice\r"
    assert log.events("masked") == [{"type": "masked"}] * 2
    masked = [e for e in log.entries() if e.event and e.event["type"] == "masked"]
    assert all(entry.direction == "input" and entry.data == b"" for entry in masked)


def test_a_pasted_one_too(cs_rec):
    terminal = cs_rec.start(".", *cs_rec.child("password"))
    for prompt in b"first: ", b"second: ":
        terminal.wait_for(prompt)
        terminal.until(lambda: waits_for_a_password(terminal))
        terminal.type(SECRET + b"\r")
    terminal.wait_for(b"name: ")
    terminal.type(b"bob\r")
    assert terminal.wait() == 0
    never_stored(cs_rec)
    assert len(cs_rec.log.events("masked")) == 2
    assert cs_rec.log.input() == b"bob\r"


def test_an_empty_one_is_not_told_from_a_long_one(cs_rec):
    def lines(*secrets):
        terminal = cs_rec.start(".", *cs_rec.child("password"))
        for prompt, secret in zip((b"first: ", b"second: "), secrets, strict=True):
            terminal.wait_for(prompt)
            type_secret(terminal, secret)
        terminal.wait_for(b"name: ")
        terminal.type(b"eve\r")
        assert terminal.wait() == 0
        found = [e[1:] for e in cs_rec.log.entries() if e.direction == "input"]
        cs_rec.forget()
        return found

    assert lines(b"", b"x") == lines(SECRET, SECRET * 9)


@pytest.mark.parametrize(
    "line",
    [
        'read -s -p "password: " x; echo; read -r y; echo "seen $y"',
        'stty -echo; printf "password: "; read -r x; stty echo; echo; read -r y; echo "seen $y"',
    ],
    ids=["read -s", "stty -echo"],
)
def test_shells_are_masked(cs_rec, line):
    terminal = cs_rec.start(".", "--", "bash", "-c", line)
    terminal.wait_for(b"password: ")
    type_secret(terminal)
    terminal.until(lambda: not waits_for_a_password(terminal))
    terminal.type(b"ls -l\r")
    assert terminal.wait() == 0
    assert b"seen ls -l" in terminal.screen
    never_stored(cs_rec)
    assert cs_rec.log.input() == b"ls -l\r"
    assert len(cs_rec.log.events("masked")) == 1


def test_at_an_interactive_shell_the_next_command_is_in_the_log(cs_rec):
    shell = ["bash", "--norc", "--noprofile", "-i"]
    terminal = cs_rec.start(".", "--", *shell, environ={"PS1": "$ "})
    terminal.wait_for(b"$ ")
    terminal.type(b"read -s x\r")
    terminal.until(lambda: waits_for_a_password(terminal))
    prompts = terminal.screen.count(b"$ ")
    type_secret(terminal)
    terminal.until(lambda: terminal.screen.count(b"$ ") > prompts)
    terminal.until(lambda: not waits_for_a_password(terminal))
    terminal.type(b"exit ${#x}\r")
    assert terminal.wait() == len(SECRET)
    never_stored(cs_rec)
    assert cs_rec.log.input() == b"read -s x\rexit ${#x}\r"
    assert len(cs_rec.log.events("masked")) == 1


@pytest.mark.parametrize(
    ("command", "typed"),
    [
        (["bash", "--norc", "--noprofile", "-i"], b"echo $((6*7))\r"),
        ([sys.executable, "-I", "-q"], b"print(6*7)\r"),
    ],
    ids=["readline", "python"],
)
def test_programs_that_read_keys_are_not_masked(cs_rec, command, typed):
    """Their terminal does not echo either: they draw what is typed themselves."""
    terminal = cs_rec.start(".", "--", *command, environ={"PS1": "$ "})
    terminal.until(lambda: terminal.screen.endswith((b"$ ", b">>> ")))
    for key in typed:
        terminal.type(b"%c" % key)
    terminal.wait_for(b"42")
    terminal.until(lambda: terminal.screen.endswith((b"$ ", b">>> ")))
    terminal.type(b"\x04")
    assert terminal.wait() == 0
    assert cs_rec.log.input() == typed + b"\x04"
    assert cs_rec.log.events("masked") == []


class TestNoInput:
    def test_records_nothing_that_is_typed(self, cs_rec):
        terminal = cs_rec.start("--no-input", ".", *cs_rec.child("password"))
        terminal.wait_for(b"first: ")
        type_secret(terminal)
        terminal.wait_for(b"second: ")
        type_secret(terminal)
        terminal.wait_for(b"name: ")
        terminal.type(b"carol\r")
        assert terminal.wait() == 0
        never_stored(cs_rec)
        assert [e for e in cs_rec.log.entries() if e.direction == "input"] == []
        assert b"seen carol" in cs_rec.log.output()
        assert cs_rec.log.meta()["input_bytes"] == 0

    def test_the_configuration_can_say_so(self, cs_rec):
        cs_rec.home.mkdir(mode=0o700)
        (cs_rec.home / "config.toml").write_text("record_input = false\n")
        done = cs_rec.run("-q", ".", "--", "cat", input=b"typed\n")
        assert done.stdout.endswith(b"typed\r\n")
        assert cs_rec.log.input() == b""


def asked(cs_rec, command, *prompts):
    """Answer each prompt with the secret, then a shell's question: only that answer is logged."""
    line = f'{command}; printf "name: "; read -r x; echo "seen $x"'
    terminal = cs_rec.start(".", "--", "sh", "-c", line)
    end = 0
    for prompt in prompts:
        end = terminal.wait_for(prompt, after=end)
        type_secret(terminal)
    terminal.wait_for(b"name: ", after=end)
    terminal.type(b"alice\r")
    assert terminal.wait() == 0
    assert b"seen alice" in terminal.screen
    never_stored(cs_rec)
    assert cs_rec.log.input() == b"alice\r"
    assert len(cs_rec.log.events("masked")) == len(prompts)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_openssl(cs_rec):
    asked(cs_rec, "openssl passwd -6 >hash", b"Password: ", b"Verifying - Password: ")


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not installed")
def test_ssh_keygen(cs_rec):
    command = "ssh-keygen -q -t ed25519 -f key"
    asked(cs_rec, command, b"Enter passphrase", b"same passphrase again")
    assert (cs_rec.folder / "key.pub").exists()


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="to be nobody, whom they ask, needs root")
@pytest.mark.parametrize(
    ("command", "times"),
    [("su root -c true", 1), ("sudo -k -p 'Password: ' true", 3)],
    ids=["su", "sudo"],
)
def test_whom_su_and_sudo_ask(cs_rec, command, times):
    """It is the wrong one; what is typed must not be in the log all the same."""
    nobody = "setpriv --reuid=65534 --regid=65534 --clear-groups"
    asked(cs_rec, f"{nobody} {command}", *[b"Password: "] * times)
