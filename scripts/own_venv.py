"""A virtual environment in .build/venv for the checks that are written in Python."""

import os
import subprocess
import sys
from pathlib import Path

VENV = Path(__file__).resolve().parent.parent / ".build" / "venv"
TRIED = "WAYBILL_CHECK_IN_VENV"


def again_with(needs, missing):
    """Runs this script again, in place, where `needs` are installed: they are now if they were not.

    `missing` is the ImportError that led here. Ends with 1 and what to do by hand when it cannot be done.
    """
    python = VENV / "bin" / "python"
    if os.environ.get(TRIED):
        sys.exit(f"{python} lacks a module even after its installation: {missing}. Delete {VENV} and try again.")
    try:
        if not python.exists():
            subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *needs], check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(
            f"{missing}, and it could not be installed into {VENV}: {error}\n"
            "Install it by hand, then run this again:\n"
            f"  apt-get install python3-venv   # where `python3 -m venv` is missing\n"
            f"  python3 -m venv {VENV}\n"
            f"  {python} -m pip install {' '.join(repr(need) for need in needs)}")
    os.environ[TRIED] = "1"
    os.execv(python, [str(python), *sys.argv])
