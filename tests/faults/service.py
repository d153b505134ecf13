# SPDX-License-Identifier: GPL-2.0-or-later
"""A world as that of injector.py, of the installed service on the real drivers: in the distro lab.

The machine is put back to where it was at its boot whenever a world is made.  The service must not start
again by itself (Restart=no), and vfio_ap must be loaded.
"""
import collections
import contextlib
import glob
import os
import re
import shutil
import subprocess
import time

import harness
from harness import check
from strace import Strace

MATRIX = "/sys/devices/vfio_ap/matrix"
BUS = "/sys/bus/ap"
POLL_TIMEOUT = BUS + "/poll_timeout"
GISA = "/sys/module/kvm/parameters/use_gisa"
ALL = "0x" + 64 * "f"
UUID = "[0-9a-f]*-*-*-*-*"
UNIT = "apqd.service"
CGROUP = "/sys/fs/cgroup/system.slice/" + UNIT
LOG = "/run/apqd-strace"


def read(path):
    """An attribute's text, or "" where there is none."""
    with contextlib.suppress(OSError):
        with open(path, encoding="ascii") as file:
            return file.read().strip()
    return ""


def write(path, text):
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


def run(*command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=120, check=False)
    check(done.returncode == 0, *command, done.returncode, done.stdout, done.stderr)
    return done.stdout.strip()


class ServiceWorld(harness.World):
    """The machine; what World does to a simulated kernel is done to the real one."""

    folders = ("etc/apqd", "etc/mdevctl.d", "run/apqd", "run/lock")
    patience = 20
    polling = None  # what poll_timeout was at boot

    def __init__(self):  # pylint: disable=super-init-not-called  (there is no folder to make)
        self.root = ""
        self.socket = "/run/apqd/io.apqd.Manager"
        self.timeout = 60
        self.pid = 0
        self.injector = None
        self.reset()

    def reset(self):
        """No file of apqd's, no device, all queues the host's."""
        self.stop()
        for path in glob.glob(f"{MATRIX}/{UUID}"):
            write(path + "/remove", "1")
        for path in glob.glob(f"{BUS}/devices/*.*/driver_override"):
            if read(path) not in ("", "(null)"):
                write(path, "\n")
        for name in ("apmask", "aqmask"):
            if read(f"{BUS}/{name}") != ALL:
                write(f"{BUS}/{name}", ALL)
        type(self).polling = self.polling or read(POLL_TIMEOUT)
        write(POLL_TIMEOUT, self.polling)
        write(GISA, "Y")
        for pattern in ("/etc/mdevctl.d/matrix/", "/etc/apqd/", "/run/apqd/", "/run/lock/s390apconfig"):
            for path in glob.glob(pattern + "*") + glob.glob(pattern + ".[!.]*"):
                if os.path.isdir(path):
                    shutil.rmtree(path)
                elif not path.endswith("/io.apqd.Manager"):
                    os.unlink(path)

    # --- the daemon

    def start(self, *_options, prefix=()):
        run("systemctl", "start", UNIT)
        processes = read(CGROUP + "/cgroup.procs").split()
        check(len(processes) == 1, "the service has other processes than its own:", processes)
        self.pid = int(processes[0])
        self.injector = Strace(self.pid, LOG)
        self.injector.settle()
        return self

    def status(self):
        return run("systemctl", "show", "-P", "Result", UNIT)

    def is_running(self):
        return self.pid > 0 and os.path.exists(f"/proc/{self.pid}/fd")

    def crashed(self):
        """It was killed; the socket stays, so a call before start() would start it, as one that it has not taken does."""
        self.injector.close()
        # which is when systemd has seen it; until then, "start" has nothing to do
        self.wait_until("the service is seen to be dead", self._is_another)
        self.pid = 0

    def _is_another(self):
        """Whether there is no daemon, or the next one already."""
        with contextlib.suppress(FileNotFoundError, OSError):
            processes = read(CGROUP + "/cgroup.procs").split()
            return bool(processes) and str(self.pid) not in processes
        return not os.path.exists(CGROUP)

    def stop(self):
        run("systemctl", "stop", UNIT)
        subprocess.run(["systemctl", "reset-failed", UNIT], check=False, capture_output=True)
        self.pid = 0

    def _open_now(self):
        folder, names = f"/proc/{self.pid}/fd", collections.Counter()
        self.injector.settle()
        for name in os.listdir(folder):
            with contextlib.suppress(FileNotFoundError):
                names[os.readlink(f"{folder}/{name}").split(":[")[0]] += 1
        return names

    def descriptors(self):
        """Those that stay: an event of the kernel may have it read something at any time."""
        found, again = None, self._open_now()
        while found != again:
            time.sleep(0.1)
            found, again = again, self._open_now()
        return again

    def close(self):
        if self.injector:
            self.injector.close()
        wrong = None if self.pid == 0 or self.is_running() else f"it ended unasked: {self.status()}"
        self.stop()
        return wrong

    def remove(self):
        pass

    def read_log(self):
        return run("journalctl", "-q", "-b", "-o", "cat", "-n", "8", "-u", UNIT)

    # --- the kernel

    def kernel(self):
        return {os.path.basename(path): read(path + "/ap_config").replace("\n", "")
                for path in sorted(glob.glob(f"{MATRIX}/{UUID}"))}

    def ownership(self):
        queues = {}
        for path in sorted(glob.glob(f"{BUS}/devices/*.*")):
            name = os.path.basename(path)
            if re.fullmatch(r"[0-9a-f]{2}\.[0-9a-f]{4}", name):
                driver = ""
                with contextlib.suppress(OSError):
                    driver = os.path.basename(os.readlink(path + "/driver"))
                queues[name] = (read(path + "/driver_override"), driver)
        return {"apmask": read(BUS + "/apmask"), "aqmask": read(BUS + "/aqmask"), "queues": queues}

    def poll_timeout(self):
        return read(POLL_TIMEOUT)

    def disk(self, *folders):
        return super().disk(*(folders or self.folders[:2]))
