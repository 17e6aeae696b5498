"""Programs of others that take our files and make some for us, as far as this machine has them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from functools import cache

_FOLDERS = (os.path.dirname(sys.executable), *os.get_exec_path(), "~/.cargo/bin")
WHENCE = {
    2: "pip install 'asciinema<3', which the extra `dev` does",
    3: "cargo install asciinema, which takes ten minutes",
}
"""Where an asciinema of a major version comes from."""


@cache
def asciinema(major: int) -> str | None:
    """The path of an asciinema of that major version; None where there is none."""
    for folder in map(os.path.expanduser, _FOLDERS):
        program = os.path.join(folder, "asciinema")
        if os.access(program, os.X_OK):
            asked = subprocess.run(
                [program, "--version"], capture_output=True, text=True, check=True
            )
            if re.match(rf"asciinema {major}\.", asked.stdout):
                return program
    return None
