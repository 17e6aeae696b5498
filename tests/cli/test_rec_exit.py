"""The exit code of `cs-rec`, and what it refuses."""

from __future__ import annotations

import os
import signal
import stat

import pytest

from tests.support.recording import COMMAND


def words(done):
    """What it said: one line, and never a traceback."""
    text = done.stderr.decode()
    assert text.count("\n") == 1, text
    assert text.startswith("cs-rec: ")
    return text


@pytest.mark.parametrize("status", [0, 1, 3, 125, 255])
def test_the_status_is_the_commands_own(cs_rec, status):
    done = cs_rec.run("-q", ".", "--", "sh", "-c", f"exit {status}")
    assert (done.returncode, done.stderr) == (status, b"")
    event = cs_rec.log.event("exit")
    assert (event["status"], event["reason"]) == (status, "exited")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV])
def test_a_command_that_a_signal_killed_gives_128_and_its_number(cs_rec, number):
    done = cs_rec.run("-q", ".", "--", "sh", "-c", f"ulimit -c 0; kill -{number:d} $$")
    assert done.returncode == 128 + number
    event = cs_rec.log.event("exit")
    assert event["signal"] == number
    assert number.name in event["reason"]
    assert cs_rec.log.meta()["exit_signal"] == number


@pytest.mark.parametrize(
    "arguments",
    [
        ["--no-such-option"],
        ["--size", "wide"],
        ["--size", "0x0"],
        ["--rotate-bytes", "10"],
        ["--rotate-bytes", "many"],
        ["--idle-limit", "-1"],
        ["--mark-key", "F12"],
        ["--pause-key", "p"],
        [".", "--"],
        [".", "another", "--", "true"],
        ["/no/such/folder", "--", "true"],
        ["/etc/passwd", "--", "true"],
    ],
    ids=" ".join,
)
def test_wrong_usage_gives_125_in_one_line_and_leaves_nothing(cs_rec, arguments):
    if "--" not in arguments:
        arguments = [*arguments, ".", "--", "true"]
    done = cs_rec.run(*arguments)
    assert done.returncode == 125
    words(done)
    assert cs_rec.ids() == []


def test_a_command_in_the_place_of_the_folder_is_explained(cs_rec):
    assert "cs-rec . -- bash" in words(cs_rec.run("bash"))


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o702])
@pytest.mark.parametrize("folder", ["", "logs"])
def test_a_home_that_others_can_write_is_refused(cs_rec, folder, mode):
    path = cs_rec.home / folder
    path.mkdir(parents=True, mode=0o700)
    path.chmod(mode)
    done = cs_rec.run(".", "--", "true")
    assert done.returncode == 125
    assert "chmod" in words(done)
    assert cs_rec.ids() == []


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="giving a folder away needs root")
@pytest.mark.parametrize("folder", ["", "logs"])
def test_a_home_of_another_user_is_refused(cs_rec, folder):
    path = cs_rec.home / folder
    path.mkdir(parents=True, mode=0o700)
    os.chown(path, 12345, -1)
    done = cs_rec.run(".", "--", "true")
    assert done.returncode == 125
    assert "another user" in words(done)
    assert cs_rec.ids() == []


def test_a_logs_folder_that_is_a_link_is_refused(cs_rec, tmp_path):
    cs_rec.home.mkdir(mode=0o700)
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    (cs_rec.home / "logs").symlink_to(tmp_path / "elsewhere")
    done = cs_rec.run(".", "--", "true")
    assert done.returncode == 125
    words(done)
    assert os.listdir(tmp_path / "elsewhere") == []


def test_a_home_that_cannot_be_made_is_one_line(cs_rec, tmp_path):
    (tmp_path / "file").write_text("")
    done = cs_rec.run(".", "--", "true", environ={"CLAUDE_SESSIONS_HOME": f"{tmp_path}/file/home"})
    assert done.returncode == 125
    words(done)


def test_a_bad_configuration_is_one_line_that_names_file_and_key(cs_rec):
    cs_rec.home.mkdir(mode=0o700)
    (cs_rec.home / "config.toml").write_text("colour = 1\n")
    done = cs_rec.run(".", "--", "true")
    assert done.returncode == 125
    assert "config.toml" in words(done)
    assert "colour" in words(done)


def test_inside_a_session_it_refuses_unless_told(cs_rec):
    inside = {"CS_SESSION_ID": "01234567-89ab-4def-8123-456789abcdef"}
    done = cs_rec.run(".", "--", "true", environ=inside)
    assert done.returncode == 125
    assert "01234567" in words(done)
    assert "--allow-nested" in words(done)
    assert cs_rec.ids() == []
    assert cs_rec.run("-q", "--allow-nested", ".", "--", "true", environ=inside).returncode == 0
    assert len(cs_rec.ids()) == 1


def test_the_child_knows_its_session(cs_rec):
    cs_rec.run("-q", ".", "--", "sh", "-c", "echo $CS_SESSION_ID")
    assert cs_rec.log.output() == f"{cs_rec.log.id}\r\n".encode()


def test_a_session_in_a_session_is_a_session_of_its_own(cs_rec):
    inner = [*COMMAND, "-q", "--allow-nested", ".", "--", "echo", "inside"]
    terminal = cs_rec.start(".", "--", *inner)
    assert terminal.wait() == 0
    assert terminal.screen == b"inside\r\n"
    assert len(cs_rec.ids()) == 2


class TestCannotExecute:
    def refused(self, cs_rec, path):
        done = cs_rec.run(".", "--", str(path))
        assert done.returncode == 126
        assert cs_rec.ids() == []
        return words(done)

    def test_a_folder(self, cs_rec):
        self.refused(cs_rec, cs_rec.folder)

    def test_a_file_without_permission(self, cs_rec):
        path = cs_rec.folder / "tool"
        path.write_text("#!/bin/sh\n")
        assert "permission" in self.refused(cs_rec, path)

    def test_a_script_whose_interpreter_is_missing(self, cs_rec):
        path = cs_rec.folder / "tool"
        path.write_text("#!/no/such/interpreter\n")
        path.chmod(0o755)
        assert "interpreter" in self.refused(cs_rec, path)

    def test_a_file_that_is_no_program(self, cs_rec):
        path = cs_rec.folder / "tool"
        path.write_bytes(b"\x7fELF and nothing more")
        path.chmod(0o755)
        self.refused(cs_rec, path)


class TestNotFound:
    @pytest.mark.parametrize("name", ["no-such-tool", "./no-such-tool", "/no/such/tool", ""])
    def test_gives_127_and_leaves_nothing(self, cs_rec, name):
        done = cs_rec.run(".", "--", name)
        assert done.returncode == 127
        words(done)
        assert cs_rec.ids() == []

    def test_claude_not_on_path_tells_how_to_name_another_command(self, cs_rec):
        # The machine may have it in one of the usual places.
        done = cs_rec.run(environ={"PATH": str(cs_rec.folder / "none")})
        assert done.returncode == 127
        said = words(done)
        assert "claude" in said
        assert "cs-rec . -- bash" in said
        assert cs_rec.ids() == []


class TestCommand:
    def test_by_default_it_is_claude_from_the_path(self, cs_rec):
        tool = cs_rec.folder / "bin" / "claude"
        tool.parent.mkdir()
        tool.write_text("#!/bin/sh\necho I am claude in $PWD\nexit 4\n")
        tool.chmod(0o755)
        where = cs_rec.folder / "project"
        where.mkdir()
        path = f"{tool.parent}:{os.defpath}"
        done = cs_rec.run("-q", str(where), environ={"PATH": path})
        assert done.returncode == 4
        assert cs_rec.log.output() == f"I am claude in {where}\r\n".encode()
        assert cs_rec.log.event("start")["command"] == ["claude"]

    def test_the_configuration_names_another(self, cs_rec):
        cs_rec.home.mkdir(mode=0o700)
        (cs_rec.home / "config.toml").write_text('command = ["echo", "from", "config"]\n')
        assert cs_rec.run("-q").returncode == 0
        assert cs_rec.log.output() == b"from config\r\n"

    def test_arguments_reach_it_as_they_are(self, cs_rec):
        strange = ["-x", "--", "--size", "a b", "", "*", "\\n", "é"]
        cs_rec.run("-q", ".", "--", "printf", "<%s>", *strange)
        assert cs_rec.log.output().decode() == "".join(f"<{text}>" for text in strange)

    def test_bytes_that_are_no_text_reach_it_too(self, cs_rec):
        done = cs_rec.run("-q", ".", "--", "printf", "%s", os.fsdecode(b"\xff\xfe"))
        assert done.returncode == 0
        assert cs_rec.log.output() == b"\xff\xfe"
        assert cs_rec.log.event("start")["command"][-1] == "\ufffd\ufffd"

    def test_a_relative_command_counts_from_the_folder(self, cs_rec):
        tool = cs_rec.folder / "sub" / "tool"
        tool.parent.mkdir()
        tool.write_text("#!/bin/sh\npwd\n")
        tool.chmod(0o755)
        assert cs_rec.run("-q", "sub", "--", "./tool").returncode == 0
        assert cs_rec.log.output() == f"{tool.parent}\r\n".encode()


def test_the_output_of_a_pipe_that_broke_keeps_its_status_141(cs_rec):
    line = "set -o pipefail; yes | head -1"
    done = cs_rec.run("-q", ".", "--", "bash", "-c", line)
    assert done.returncode == 141, "SIGPIPE is ignored in the command"


def test_the_command_has_none_of_our_descriptors(cs_rec):
    cs_rec.run("-q", ".", "--", "sh", "-c", "ls /proc/self/fd")
    # ls has opened the folder itself as 3.
    assert cs_rec.log.output().split() == [b"0", b"1", b"2", b"3"]


def test_an_error_that_nobody_reads_keeps_its_code(cs_rec):
    done = cs_rec.shell("cs-rec --no-such-option 2>&1 >/dev/null | true; exit ${PIPESTATUS[0]}")
    assert done.returncode == 125


def test_help_names_every_option(cs_rec):
    done = cs_rec.run("--help")
    assert (done.returncode, done.stderr) == (0, b"")
    for option in [
        "--title",
        "--tag",
        "--no-input",
        "--size",
        "--quiet",
        "--allow-nested",
        "--rotate-bytes",
        "--idle-limit",
        "--mark-key",
        "--pause-key",
        "--version",
    ]:
        assert option in done.stdout.decode()


class TestUmask:
    @pytest.mark.parametrize("umask", [0o000, 0o077, 0o777])
    def test_nothing_can_be_read_by_others(self, cs_rec, umask):
        line = f"umask {umask:o}; cs-rec -q --rotate-bytes 64K . -- head -c 200000 /dev/zero"
        done = cs_rec.shell(line)
        assert done.returncode == 0, done.stderr
        for folder, names, files in os.walk(cs_rec.home):
            for name in names:
                mode = stat.S_IMODE(os.stat(os.path.join(folder, name)).st_mode)
                assert mode == 0o700, name
            for name in files:
                try:
                    mode = stat.S_IMODE(os.stat(os.path.join(folder, name)).st_mode)
                except FileNotFoundError:  # the sealer is at work
                    continue
                assert mode == 0o600, name
        assert stat.S_IMODE(cs_rec.home.stat().st_mode) == 0o700
        assert len(cs_rec.log.output()) == 200000

    @pytest.mark.parametrize("umask", [0o022, 0o077])
    def test_the_command_keeps_its_own(self, cs_rec, umask):
        cs_rec.shell(f"umask {umask:o}; cs-rec -q . -- sh -c umask")
        assert int(cs_rec.log.output(), 8) == umask
