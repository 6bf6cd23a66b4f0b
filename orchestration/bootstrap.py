"""Bring ``.venv`` (``.venv-superset``, ``.venv-audit``) up to one lock file: ``python3 -I orchestration/bootstrap.py requirements.lock``.

Standard library only, and no syntax newer than Python 3.6: it runs before anything is installed, and on interpreters
too old for the project it has to live long enough to say so.
"""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import venv

OLDEST, NEWEST = (3, 11), (3, 13)
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# Each lock is a subset of the next, with the same pins: an environment that satisfies one satisfies those before it.
LOCKS = ("requirements.lock", "requirements-crm.lock", "requirements-dev.lock", "requirements-spark.lock")
# Superset's versions fit nothing else here, and an auditor is no part of what it audits: they have environments of their own.
APART = {"requirements-superset.lock": ".venv-superset", "requirements-audit.lock": ".venv-audit"}
WANTED = sys.argv[1] if len(sys.argv) == 2 else ""
VENV = os.path.join(ROOT, APART.get(WANTED, ".venv"))
STAMP = os.path.join(VENV, "installed.json")


def supported(version):
    """Whether the locks were made for this (major, minor)."""
    return OLDEST <= tuple(version[:2]) <= NEWEST


def digest(name):
    """Content hash of a lock, so that a stamp outlives a checkout that only touches the file."""
    with open(os.path.join(ROOT, name), "rb") as lock:
        return hashlib.sha256(lock.read()).hexdigest()


def stamped():
    """Locks installed last time, by content hash."""
    try:
        with open(STAMP) as stamp:
            return json.load(stamp)
    except (OSError, ValueError):
        return {}


def satisfied(wanted):
    """Whether the environment already holds this lock, or one that contains it."""
    installed = stamped()
    enough = [wanted] if wanted in APART else LOCKS[LOCKS.index(wanted) :]
    return any(name in installed and installed[name] == digest(name) for name in enough)


def version_of(python):
    """(major, minor) of an interpreter, or None when it does not run (a version manager's empty shim)."""
    try:
        said = subprocess.check_output(
            [python, "-I", "-c", "import sys; print(*sys.version_info[:2])"], stderr=subprocess.DEVNULL
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return tuple(int(part) for part in said.split())


def find_supported():
    """Path of a supported interpreter on PATH, newest first, or None."""
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        python = shutil.which("python3.{}".format(minor))
        version = version_of(python) if python else None
        if version and supported(version):
            return python
    return None


def hand_over():
    """Restart under a supported interpreter, or stop with what to install."""
    python = find_supported()
    if python:
        os.execv(python, [python, "-I", *sys.argv])
    sys.exit(
        "Python 3.11, 3.12 or 3.13 is needed; {} is {}.{}, and no python3.11, python3.12 or python3.13 is on PATH.\n"
        "Install one, or name it: make run PYTHON=/path/to/python3.12".format(sys.executable, *sys.version_info[:2])
    )


def create():
    """Make an empty environment in place of one that is missing or broken."""
    print("Creating {} with Python {}.{}".format(os.path.basename(VENV), *sys.version_info[:2]), flush=True)
    try:
        venv.EnvBuilder(clear=True, with_pip=True, symlinks=True).create(VENV)
    except subprocess.CalledProcessError:
        shutil.rmtree(VENV, ignore_errors=True)
        sys.exit(
            "This Python cannot create virtual environments with pip. On Debian and Ubuntu: "
            "apt-get install python3-venv; otherwise name another interpreter: make run PYTHON=/path/to/python3.12"
        )


def install(lock):
    """Install exactly what the lock pins; the stamp is written only after all of it is in place."""
    installed = stamped()
    installed.pop(lock, None)
    write_stamp(installed)
    print("Installing {} (a minute or two, once)".format(lock), flush=True)
    command = [os.path.join(VENV, "bin", "python"), "-m", "pip", "--disable-pip-version-check", "install"]
    command += ["--require-hashes", "--no-deps", "--progress-bar", "off", "--requirement", lock]
    # A terminal gets pip's running commentary; a log gets only what went wrong.
    code = subprocess.call(command if sys.stdout.isatty() else [*command, "--quiet"], cwd=ROOT)
    if code:
        sys.exit("Installing {} failed (above); run the same command again to resume.".format(lock))
    installed[lock] = digest(lock)
    write_stamp(installed)


def write_stamp(installed):
    """Replace the stamp in one step."""
    with open(STAMP + ".new", "w") as stamp:
        json.dump(installed, stamp, indent=1)
    os.replace(STAMP + ".new", STAMP)


def main():
    """Entry point: one argument, the lock's name."""
    wanted = WANTED
    if wanted not in (*LOCKS, *APART):
        sys.exit("usage: bootstrap.py " + "|".join((*LOCKS, *APART)))
    python = os.path.join(VENV, "bin", "python")
    with open(os.path.join(ROOT, ".venv.lock"), "w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        version = version_of(python)
        healthy = version is not None and supported(version)
        if healthy and satisfied(wanted):
            return
        if not healthy:
            if not supported(sys.version_info):
                hand_over()
            create()
        install(wanted)


if __name__ == "__main__":
    main()
