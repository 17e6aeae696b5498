"""The configuration: who overrides whom, and what each mistake is told."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formats.config import Config, load
from formats.errors import ConfigError
from formats.layout import Home
from formats.settings import key_byte

ROOT = Path(__file__).parents[2]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(str(tmp_path / "home"))
    made.create()
    return made


def write(home: Home, text: str | bytes) -> None:
    Path(home.config).write_bytes(text if isinstance(text, bytes) else text.encode())


def test_the_defaults(home: Home, tmp_path: Path) -> None:
    assert load(home, {"CLAUDE_SESSIONS_HOME": home.path, "HOME": "/"}) == Config()
    assert load(Home(str(tmp_path / "nowhere")), {}) == Config()
    write(home, "")
    assert load(home, {}) == Config()
    assert Config().command == ("claude",)
    assert Config().rotate_bytes == 16 << 20


def test_all_keys(home: Home) -> None:
    write(
        home,
        r"""
        command = ["claude", "--verbose"]
        rotate_bytes = 65_536
        idle_limit_s = 2
        record_input = false
        capture_env = ["LANG"]
        mark_key = "^]"
        pause_key = "\u001c"
        quiet = true
        """,
    )
    assert load(home, {}) == Config(
        command=("claude", "--verbose"),
        rotate_bytes=65536,
        idle_limit_s=2.0,
        record_input=False,
        capture_env=("LANG",),
        mark_key="^]",
        pause_key="\x1c",
        quiet=True,
    )


def test_flags_override_variables_override_the_file(home: Home) -> None:
    write(home, "command = \"claude --resume 'last one'\"\nrotate_bytes = 100_000\nquiet = true\n")
    assert load(home, {}).command == ("claude", "--resume", "last one")
    environ = {
        "CLAUDE_SESSIONS_COMMAND": "bash -c 'exit 3'",
        "CLAUDE_SESSIONS_ROTATE_BYTES": "2M",
        "CLAUDE_SESSIONS_IDLE_LIMIT_S": "1.5",
        "CLAUDE_SESSIONS_RECORD_INPUT": "0",
        "CLAUDE_SESSIONS_CAPTURE_ENV": "LANG TERM",
        "CLAUDE_SESSIONS_MARK_KEY": "^T",
        "CLAUDE_SESSIONS_QUIET": "False",
    }
    config = load(home, environ)
    assert config == Config(
        command=("bash", "-c", "exit 3"),
        rotate_bytes=2 << 20,
        idle_limit_s=1.5,
        record_input=False,
        capture_env=("LANG", "TERM"),
        mark_key="^T",
        quiet=False,
    )
    flags = {"rotate_bytes": "1G", "idle_limit_s": "none"}
    assert load(home, environ, flags) == config._replace(rotate_bytes=1 << 30, idle_limit_s=None)


def test_empty_and_unknown_variables_count_as_not_set(home: Home) -> None:
    write(home, "quiet = true")
    environ = {"CLAUDE_SESSIONS_QUIET": "", "CLAUDE_SESSIONS_COLOUR": "blue"}
    assert load(home, environ) == Config(quiet=True)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("colour = 1", ["'colour'", "unknown key", "rotate_bytes"]),
        ("[recorder]\nquiet = true", ["'recorder'", "unknown key"]),
        ('"\\u001b[31m" = 1', ["unknown key", "x1b"]),
        ("quiet = 1", ["quiet", "true or false"]),
        ('quiet = "true"', ["quiet", "true or false"]),
        ("record_input = 0", ["record_input", "true or false"]),
        ("rotate_bytes = 65535", ["rotate_bytes", "65535", "65536"]),
        ("rotate_bytes = 1e6", ["rotate_bytes", "number of bytes"]),
        ("rotate_bytes = true", ["rotate_bytes", "number of bytes"]),
        ("idle_limit_s = 0", ["idle_limit_s", "above 0"]),
        ("idle_limit_s = -1", ["idle_limit_s", "above 0"]),
        ("idle_limit_s = nan", ["idle_limit_s", "above 0"]),
        ("idle_limit_s = inf", ["idle_limit_s", "above 0"]),
        ("idle_limit_s = true", ["idle_limit_s", "above 0"]),
        ('idle_limit_s = "2"', ["idle_limit_s", "above 0"]),
        ("command = []", ["command", "expected a command"]),
        ('command = ""', ["command", "expected a command"]),
        ('command = ["", "x"]', ["command", "expected a command"]),
        ("command = [1]", ["command", "expected a command"]),
        ('command = "a\\u0000b"', ["command", "expected a command"]),
        ('command = "don\'t"', ["command", "as a shell reads them"]),
        ("command = {}", ["command", "expected a command"]),
        ('capture_env = "LANG"', ["capture_env", "names of variables"]),
        ('capture_env = ["A=B"]', ["capture_env", "names of variables"]),
        ('capture_env = [""]', ["capture_env", "names of variables"]),
        ('mark_key = "m"', ["mark_key", "control key"]),
        ('mark_key = "^["', ["mark_key", "Escape"]),
        ('mark_key = "^M"', ["mark_key", "Enter"]),
        ('mark_key = ""', ["mark_key", "control key"]),
        ("mark_key = 29", ["mark_key", "control key"]),
        ('mark_key = "^T"\npause_key = "^t"', ["mark_key", "pause_key", "same key"]),
        ("quiet =", ["TOML", "at end of document"]),
        ("\n\nquiet = yes", ["TOML", "line 3"]),
        ("quiet = true\nquiet = true\n\n", ["TOML", "line 2"]),
        (b"\n# \xff", ["line 2", "UTF-8"]),
        ("a = " + "[" * 5000, ["TOML"]),
        ("# " + "x" * (1 << 20), ["larger than 1 MiB"]),
    ],
)
def test_a_mistake_in_the_file_names_file_and_key(
    home: Home, text: str | bytes, words: list[str]
) -> None:
    write(home, text)
    with pytest.raises(ConfigError) as caught:
        load(home, {})
    message = str(caught.value)
    assert message.isprintable()
    assert caught.value.exit_code == 2
    for word in words if "same key" in words else [home.config, *words]:
        assert word in message


@pytest.mark.parametrize(
    ("key", "value", "word"),
    [
        ("QUIET", "yes", "true or false"),
        ("ROTATE_BYTES", "1K", "65536"),
        ("ROTATE_BYTES", "many", "number of bytes"),
        ("ROTATE_BYTES", "M", "number of bytes"),
        ("ROTATE_BYTES", "\u0661", "number of bytes"),
        ("IDLE_LIMIT_S", "soon", "above 0"),
        ("IDLE_LIMIT_S", "nan", "above 0"),
        ("COMMAND", "'", "shell"),
        ("CAPTURE_ENV", "'", "names of variables"),
        ("PAUSE_KEY", "^", "control key"),
        ("MARK_KEY", "\u00df", "control key"),
    ],
)
def test_a_mistake_in_a_variable_names_it(home: Home, key: str, value: str, word: str) -> None:
    with pytest.raises(ConfigError, match=f"CLAUDE_SESSIONS_{key} is .*{word}"):
        load(home, {"CLAUDE_SESSIONS_" + key: value})


def test_a_mistake_in_a_flag_names_it(home: Home) -> None:
    with pytest.raises(ConfigError, match="--idle-limit is 'x'"):
        load(home, {}, {"idle_limit_s": "x"})


@given(st.binary(max_size=60))
def test_any_file_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    home = Home(str(tmp_path_factory.getbasetemp() / "config"))
    home.create()
    write(home, data)
    message = ""
    try:
        load(home, {})
    except ConfigError as error:
        message = str(error)
    assert not message or message.isprintable()


def test_files_that_cannot_be_trusted_or_read(home: Home, tmp_path: Path) -> None:
    os.mkdir(home.config)
    with pytest.raises(ConfigError, match="is not a file"):
        load(home, {})
    os.rmdir(home.config)
    os.mkfifo(home.config)
    with pytest.raises(ConfigError, match="is not a file"):
        load(home, {})
    os.unlink(home.config)
    elsewhere = tmp_path / "dotfiles.toml"
    elsewhere.write_text("quiet = true")
    os.symlink(elsewhere, home.config)
    assert load(home, {}).quiet
    elsewhere.chmod(0o666)
    with pytest.raises(ConfigError, match="chmod o-w"):
        load(home, {})
    os.unlink(home.config)
    os.symlink(home.config, home.config)
    with pytest.raises(ConfigError, match="cannot read"):
        load(home, {})


@pytest.mark.root
def test_a_foreign_file_is_refused(home: Home) -> None:
    write(home, "")
    os.chown(home.config, 12345, -1)
    with pytest.raises(ConfigError, match="12345"):
        load(home, {})


@pytest.mark.parametrize(
    ("key", "byte"),
    [
        ("^A", 1),
        ("^a", 1),
        ("^]", 29),
        ("^@", 0),
        ("^_", 31),
        ("^\\", 28),
        ("^?", 127),
        ("\x1d", 29),
    ],
)
def test_keys(key: str, byte: int) -> None:
    assert key_byte(key) == byte


@given(st.text(max_size=3))
def test_any_text_is_a_control_key_or_refused(key: str) -> None:
    try:
        byte = key_byte(key)
    except ConfigError:
        return
    assert byte in {*range(32), 127} - {0x1B, 0x0D}


def test_what_the_recorder_imports_stays_small() -> None:
    """A start without a file and without a variable parses nothing."""
    code = (
        "import sys; from formats import config, meta; from formats.layout import Home; "
        "config.load(Home('/nowhere'), {'CLAUDE_SESSIONS_HOME': '/nowhere'}); "
        "print(*sorted({'dataclasses', 'orjson', 'zstandard', 'pathlib', 'tomllib', 'shlex', "
        "'json', 're'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path[:0] = {sys.path!r}; {code}"],
        check=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    # typing brings re on Python 3.11; the interpreter's own start may bring it anyway.
    assert set(done.stdout.split()) <= {"re"}
