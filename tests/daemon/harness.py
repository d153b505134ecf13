# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tests of the daemon share: a world of one simulated kernel and one daemon.

Each test gets a World with a folder of its own.  It starts apqd-sim there, speaks Varlink to
it over its socket, and acts on the simulated kernel by apqd-simctl as other programs would.
A daemon that dies unasked, prints a sanitizer's report, or does not end with status 0 fails
its test, whatever the test itself found.
"""
import contextlib
import json
import os
import random
import re
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

from client import MANAGER, SERVICE, Client, Monitor, VarlinkError

__all__ = ["MANAGER", "SERVICE", "VarlinkError", "A", "B", "C", "D", "Failure", "World",
           "ap_config",
           "check", "contains", "equal", "mask", "matrix"]

# Four devices for the tests, in the order of their UUIDs.
A = "a1111111-1111-4111-8111-111111111111"
B = "b2222222-2222-4222-8222-222222222222"
C = "c3333333-3333-4333-8333-333333333333"
D = "d4444444-4444-4444-8444-444444444444"

# Behind all others in the order of UUIDs: what is told of it comes last.
LAST = "ffffffff-ffff-4fff-bfff-ffffffffffff"

REPORT = re.compile(r"(ERROR: (Address|Leak)Sanitizer|runtime error:|ThreadSanitizer|"
                    r"Assertion .* failed|== (Invalid|Conditional|Use of uninit|Syscall param))")


class Failure(AssertionError):
    """What a test found wrong."""


def check(condition, *what):
    if not condition:
        raise Failure(" ".join(str(w) for w in what) or "not as it must be")


def equal(found, expected, what=""):
    if found != expected:
        raise Failure(f"{what}: found {found!r}, expected {expected!r}")


def contains(text, *parts):
    for part in parts:
        if part not in text:
            raise Failure(f"{part!r} is not in {text!r}")


def matrix(adapters=(), domains=(), control=()):
    return {"adapters": list(adapters), "domains": list(domains), "controlDomains": list(control)}


def mask(ids):
    """256 bits as the kernel writes them: id 0 is the leftmost."""
    return f"0x{sum(1 << (255 - i) for i in set(ids)):064x}"


def ap_config(value):
    return ",".join(mask(value[k]) for k in ("adapters", "domains", "controlDomains"))


def in_background(function, *arguments, **more):
    """Runs it in a thread; the function that is returned waits for it and gives its result."""
    result = []

    def work():
        try:
            result.append((function(*arguments, **more), None))
        except Exception as error:  # raised again where it is waited for
            result.append((None, error))

    thread = threading.Thread(target=work)
    thread.start()

    def wait():
        thread.join()
        value, error = result[0]
        if error:
            raise error
        return value

    return wait


class World:
    """A folder with a simulated kernel, and the daemon on it."""

    folders = ("etc", "run")  # where the daemon's files lie
    patience = 0  # seconds that it may take to read again what could not be read

    def __init__(self, build, valgrind=False):
        self.build = build
        self.valgrind = valgrind
        # only for what never comes: nothing that comes late fails, however slow the machine is
        self.timeout = 300 if valgrind else 120
        self.root = tempfile.mkdtemp(prefix="apqd-")
        os.chmod(self.root, 0o755)
        self.socket = self.root + "/run/apqd/io.apqd.Manager"
        self.log = self.root + "/daemon.log"
        self.daemon = None
        self.guests = []
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(self.root + "/notify")
        self.notes = []
        self.notices = []  # measurements worth printing

    def chance(self, seed=None):
        """What a test at random chooses by; its notice tells the seed, SEED=N of the environment sets it."""
        seed = int(os.environ.get("SEED") or (random.randrange(1 << 32) if seed is None else seed))
        self.notices.append(f"SEED={seed}")
        return random.Random(seed)

    # --- the daemon

    def spawn(self, *options, prefix=(), fds=()):
        """Starts the daemon without waiting for anything; it inherits fds."""
        command = [*prefix, f"{self.build}/apqd-sim", "--root", self.root, *options]
        if self.valgrind:
            # The C library's memory of a thread that still waits at the end is "possibly lost".
            command[len(prefix):len(prefix)] = ["valgrind", "-q", "--error-exitcode=99",
                                                "--leak-check=full",
                                                "--show-leak-kinds=definite,indirect",
                                                "--errors-for-leak-kinds=definite,indirect"]
        environment = dict(os.environ, NOTIFY_SOCKET=self.root + "/notify",
                           ASAN_OPTIONS="exitcode=99:abort_on_error=0",
                           UBSAN_OPTIONS="halt_on_error=1:print_stacktrace=1:exitcode=99")
        self.notes = []
        with open(self.log, "ab") as log:
            self.daemon = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL,
                                           stdout=log, stderr=log, pass_fds=fds)

    def start(self, *options, prefix=()):
        self.spawn(*options, prefix=prefix)
        self.wait_ready()
        return self

    def wait_note(self, word, timeout=None):
        """Waits until the daemon has told the service manager so; False where it did not."""
        end = time.monotonic() + (self.timeout if timeout is None else timeout)
        while not any(word in note for note in self.notes):
            left = end - time.monotonic()
            if left <= 0 or self.daemon.poll() is not None:
                return False
            if select.select([self.notify], [], [], min(left, 0.1))[0]:
                self.notes.append(self.notify.recv(4096).decode())
        return True

    def wait_ready(self):
        check(self.wait_note("READY=1"), "the daemon did not become ready:", self.daemon.poll())

    def is_running(self):
        return self.daemon is not None and self.daemon.poll() is None

    def status(self):
        """What the daemon has ended with, or None while it runs."""
        return self.daemon.poll()

    def wait_end(self, status=0):
        """Waits until the daemon has ended by itself, with that status."""
        try:
            found = self.daemon.wait(self.timeout)
        except subprocess.TimeoutExpired:
            raise Failure("the daemon does not end") from None
        self.daemon = None
        equal(found, status, "status of the daemon")

    def kill(self):
        self.daemon.kill()
        self.wait_end(-signal.SIGKILL)

    def crashed(self):
        """The daemon was killed by a crash fault."""
        self.wait_end(-signal.SIGKILL)

    def terminate(self):
        self.daemon.terminate()
        self.wait_end(0)

    def restart(self, *options):
        """kill -9, and again."""
        self.kill()
        self.start(*options)

    # --- talking to it

    def client(self, kind=Client):
        return kind(self.socket, self.timeout)

    def monitor(self):
        return self.client(Monitor)

    def call(self, method, parameters=None, **more):
        with self.client() as client:
            return client.call(method, {**(parameters or {}), **more} or None)

    def refused(self, short, method, **parameters):
        """The call must be answered by that error, which is returned."""
        try:
            answer = self.call(method, parameters)
        except VarlinkError as error:
            equal(error.short, short, f"{method} {parameters}: {error}")
            return error
        raise Failure(f"{method} {parameters} was done instead of {short}: {answer}")

    def device(self, name):
        return self.call("GetDevice", device=name)["device"]

    def problems(self, name):
        """The problems of a device: a dictionary of messages by code."""
        return {p["code"]: p["message"] for p in self.device(name)["problems"]}

    def host(self):
        return self.call("GetHost")["host"]

    def host_problems(self):
        """The problems of the host: a dictionary of messages by code."""
        return {p["code"]: p["message"] for p in self.host()["problems"]}

    def wait_until(self, what, condition, timeout=None):
        end = time.monotonic() + (self.timeout if timeout is None else timeout)
        while not condition():
            if time.monotonic() > end:
                raise Failure(f"this never came true: {what}")
            time.sleep(0.02)

    def apqctl(self, *arguments):
        """Runs apqctl: its status and all that it printed."""
        done = subprocess.run([f"{self.build}/apqctl", "--socket", self.socket, *arguments],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=self.timeout)
        return done.returncode, done.stdout + done.stderr

    # --- the kernel

    def simctl(self, *arguments, status=0):
        done = subprocess.run([f"{self.build}/apqd-simctl", "--root", self.root,
                               *map(str, arguments)], capture_output=True, text=True,
                              timeout=self.timeout)
        if status is not None and done.returncode != status:
            raise Failure(f"apqd-simctl {arguments}: status {done.returncode}, {done.stdout}"
                          f"{done.stderr}")
        return done.stdout

    def simctl_begin(self, *arguments):
        """The same without waiting for its end."""
        process = subprocess.Popen([f"{self.build}/apqd-simctl", "--root", self.root,
                                    *map(str, arguments)], stdout=subprocess.PIPE, text=True)
        self.guests.append(process)
        return process

    @contextlib.contextmanager
    def blocked(self, attribute, *after):
        """The daemon's next write of the attribute waits until the block has ended; it is entered at once,
        and .reached() waits for the write."""
        self.simctl("block", attribute, *after)
        try:
            yield lambda: self.wait_until(f"{attribute} is being written",
                                          lambda: int(self.simctl("blocked")) > 0)
        finally:
            self.simctl("unblock")

    def wait_long(self):
        """Until a change has been under way for so long that the daemon says so."""
        self.wait_until("it takes long", lambda: "takes long" in self.read_log())

    def settle(self):
        """Until the daemon has looked at everything, and what it found to do has been done: changes wait for
        each other, so one of ours comes behind it."""
        self.call("Reload")
        self.call("Define", uuid=LAST, matrix=matrix([], []))
        self.call("Undefine", device=LAST)

    def told(self, monitor):
        """The events of all that has happened so far: those before the ones of a definition that comes and
        goes."""
        self.write_definition(LAST, matrix([], []))
        events = []
        while not events or events[-1]["event"] != "deviceAdded" or \
                events[-1]["device"]["uuid"] != LAST:
            events.append(monitor.event())
        os.unlink(self.path(LAST))
        monitor.wait("deviceRemoved", lambda d: d["uuid"] == LAST)
        return events[:-1]

    def give(self, *adapters):
        """Takes adapters from the host's drivers, so that their queues can be assigned."""
        self.simctl("write", "apmask", ",".join(f"-{a:#x}" for a in adapters))

    def guest(self, uuid, *arguments):
        process = self.simctl_begin("guest", uuid, *arguments)
        line = process.stdout.readline()
        equal(line, "device open\n", "the guest")
        return process

    def end_guest(self, process):
        process.terminate()
        process.wait(self.timeout)

    def count(self, name):
        return int(self.simctl("count", name))

    def active(self, uuid):
        """What the kernel has for a device: an ap_config text, or None where it is not there."""
        text = self.simctl("read", "ap_config", uuid, status=None).strip()
        return None if text == "ENOENT" else text

    def kernel(self):
        """What every device in the kernel has, to compare."""
        return {uuid: self.active(uuid) for uuid in sorted(self.simctl("read", "devices").split())}

    def ownership(self):
        """The masks, and of every queue that is there its override and its driver."""
        found = {}
        for line in self.simctl("read", "queues").splitlines():
            name, driver, override = line.split(" ")
            found[name] = (override, driver)
        return {"apmask": self.simctl("read", "apmask").strip(),
                "aqmask": self.simctl("read", "aqmask").strip(), "queues": found}

    def poll_timeout(self):
        return self.simctl("read", "poll_timeout").strip()

    # --- the disk

    def path(self, uuid):
        return f"{self.root}/etc/mdevctl.d/matrix/{uuid}"

    def own_path(self, uuid):
        return f"{self.root}/etc/apqd/devices.d/{uuid}.json"

    @property
    def host_path(self):
        return self.root + "/etc/apqd/host.json"

    def policy(self):
        """What host.json says; {} where there is none."""
        with contextlib.suppress(FileNotFoundError):
            with open(self.host_path, encoding="utf-8") as file:
                return json.load(file)
        return {}

    def disk(self, *folders):
        """Every file below etc (or other folders), byte for byte, with its mode."""
        files = {}
        for folder in folders or ("etc",):
            for top, _, names in os.walk(f"{self.root}/{folder}"):
                for name in names:
                    path = os.path.join(top, name)
                    if not os.path.isfile(path):
                        continue
                    with open(path, "rb") as file:
                        files[os.path.relpath(path, self.root)] = (os.stat(path).st_mode,
                                                                   file.read())
        return files

    def state(self):
        return {"kernel": self.kernel(), "disk": self.disk()}

    def write_file(self, path, text):
        """Writes a file as other programs do: in place of the old one, or in it."""
        os.makedirs(os.path.dirname(path), exist_ok=True)
        data = text if isinstance(text, bytes) else (
            text if isinstance(text, str) else json.dumps(text)).encode()
        with open(path, "wb") as file:
            file.write(data)

    def write_definition(self, uuid, value, start="manual", **more):
        """A definition as mdevctl writes it."""
        attributes = [{"assign_adapter": str(i)} for i in value["adapters"]]
        attributes += [{"assign_domain": str(i)} for i in value["domains"]]
        attributes += [{"assign_control_domain": str(i)} for i in value["controlDomains"]]
        self.write_file(self.path(uuid), {"mdev_type": "vfio_ap-passthrough", "start": start,
                                          "attrs": attributes, **more})

    def remove_runtime(self):
        """What a boot takes away."""
        shutil.rmtree(self.root + "/run")

    def clear(self):
        """Takes disk and kernel away, so that another host can begin here."""
        self.remove_runtime()
        shutil.rmtree(self.root + "/etc")

    def init(self, *options):
        """Makes the kernel before there is a daemon."""
        self.simctl("init", *options)

    def nothing_under_way(self):
        records = os.listdir(self.root + "/run/apqd/pending")
        equal([n for n in records if n[0] != "."], [], "records of changes under way")
        # A killed daemon leaves its lock behind, which counts for nothing by the lock's rules.
        with contextlib.suppress(FileNotFoundError):
            with open(self.root + "/run/lock/s390apconfig.lock", encoding="ascii") as file:
                check(int(file.read() or 0) != self.daemon.pid, "the daemon still holds the lock")

    # --- the end

    def read_log(self):
        with contextlib.suppress(FileNotFoundError):
            with open(self.log, errors="replace") as file:
                return file.read()
        return ""

    def close(self):
        """Ends everything that the test left; returns what is wrong with the daemon, or None."""
        wrong = None
        if self.daemon is not None:
            found = self.daemon.poll()
            if found is not None:
                wrong = f"the daemon ended unasked with status {found}"
            else:
                self.daemon.terminate()
                try:
                    found = self.daemon.wait(self.timeout)
                    wrong = f"the daemon ended with status {found}" if found else None
                except subprocess.TimeoutExpired:
                    self.daemon.kill()
                    self.daemon.wait()
                    wrong = "the daemon did not end on SIGTERM"
        for process in self.guests:
            process.kill()
            process.wait()
            process.stdout.close()
        self.notify.close()
        report = REPORT.search(self.read_log())
        return f"report of a checker: {report.group(0)}" if report else wrong

    def remove(self):
        shutil.rmtree(self.root, ignore_errors=True)
