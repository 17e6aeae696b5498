"""A small disk of its own on a loop device, whose power can be cut. Needs root, and Linux."""

from __future__ import annotations

import fcntl
import os
import shutil
import struct
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.faulty import Exited, Faulty

if TYPE_CHECKING:
    from typing import NoReturn, Self

_SHUTDOWN = 0x8004587D
"""FS_IOC_SHUTDOWN of ext4 and xfs (linux/fs.h: `_IOR('X', 125, __u32)`)."""
_NO_LOG_FLUSH = 2
_SIZES = {"ext4": 24 << 20, "xfs": 300 << 20}
_OPTIONS = {
    "ext4": ("-E", "lazy_itable_init=0,lazy_journal_init=0,nodiscard", "-J", "size=4"),
    "xfs": ("-K",),
}
_FITRIM = 0xC0185879
"""`_IOWR('X', 121, struct fstrim_range)`: three numbers, start, length, smallest."""
_PATIENCE_S = 10.0


class LoopDisk:
    """A file system in a file. Use it as a context: at the end nothing is mounted any more."""

    def __init__(self, kind: str, folder: Path, mount_options: str = "loop") -> None:
        self.kind = kind
        self.path = folder / kind
        self._image = folder / f"{kind}.img"
        self._options = mount_options
        self._mounted = False
        self.path.mkdir(exist_ok=True)

    def __enter__(self) -> Self:
        self.format()
        return self

    def __exit__(self, *_: object) -> None:
        self.unmount()

    def format(self) -> None:
        """Begin anew, with nothing on it."""
        self.unmount()
        with open(self._image, "wb") as file:
            file.truncate(_SIZES[self.kind])
        _run(f"mkfs.{self.kind}", "-q", *_OPTIONS[self.kind], str(self._image))
        self.mount()

    def make_thin(self) -> None:
        """From now on only its data blocks have to be got from below, as they are written.

        The journal has its own: without them ext4 takes the whole disk for broken.
        """
        with open(self._image, "r+b") as file:
            os.posix_fallocate(file.fileno(), 0, _SIZES[self.kind])
        fd = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.ioctl(fd, _FITRIM, struct.pack("QQQ", 0, 1 << 62, 0))
        finally:
            os.close(fd)

    def mount(self) -> None:
        """Mount it; a journal that was not written out is played back."""
        _run("mount", "-o", self._options, str(self._image), str(self.path))
        self._mounted = True

    def unmount(self) -> None:
        """Unmount it, when all who use it have noticed that it is gone."""
        deadline = time.monotonic() + _PATIENCE_S
        while self._mounted:
            done = subprocess.run(["umount", self.path], capture_output=True, check=False)
            self._mounted = bool(done.returncode)
            assert time.monotonic() < deadline, done.stderr
            if self._mounted:
                time.sleep(0.02)

    def cut(self) -> None:
        """Take its power: what is not on it now never comes there. Every call fails from now on."""
        fd = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.ioctl(fd, _SHUTDOWN, struct.pack("I", _NO_LOG_FLUSH))
        finally:
            os.close(fd)

    def restart(self) -> None:
        """What the machine does when it has power again."""
        self.unmount()
        self.mount()

    def device(self) -> str:
        """The name of its device: `loop0`."""
        for line in Path("/proc/self/mounts").read_text().splitlines():
            source, place, *_ = line.split()
            if place == str(self.path):
                return Path(source).name
        raise AssertionError("it is not mounted")


class PowerCut(Faulty):
    """The power is cut just before the n-th change. What is synced is really synced."""

    def __init__(self, disk: LoopDisk, at: int) -> None:
        super().__init__(at, "exit")
        self._disk = disk

    def _fail(self) -> NoReturn:
        self.dead = True
        self._disk.cut()
        raise Exited

    def sync(self, fd):
        if self._step():
            self._fail()
        os.fsync(fd)

    def sync_data(self, fd):
        if self._step():
            self._fail()
        os.fdatasync(fd)

    def write(self, fd, data):
        if self._step():
            os.write(fd, data[: len(data) // 2])
            self._fail()
        return os.write(fd, data)


def skip_without_loop_devices(folder: Path) -> None:
    """Skip the test, with the reason, where disks cannot be made."""
    if os.geteuid() != 0:
        pytest.skip("needs root, to mount a disk of its own")
    for tool in ("mount", "umount", "mkfs.ext4", "mkfs.xfs"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed; .ci/run installs it")
    disk = LoopDisk("ext4", folder)
    try:
        disk.format()
        disk.cut()
    except (subprocess.CalledProcessError, OSError) as error:
        words = getattr(error, "stderr", b"") or str(error).encode()
        pytest.skip(f"this machine gives no loop devices: {words.decode(errors='replace').strip()}")
    finally:
        disk.unmount()


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
