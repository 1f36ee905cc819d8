"""A machine to try things on by hand: `sudo .venv/bin/python -m tests.container [COMMAND [WORD]...]`.

It boots with the checkout in /usr/src/ladle and the wheels that pip needs, gives a shell or runs the command,
and is thrown away.
"""

from __future__ import annotations

import subprocess
import sys

from tests.container.base import make_base, why_not
from tests.container.machine import ENVIRONMENT, SOURCE, booted, fresh_root


def main() -> int:
    """Boot, run, switch off; the exit status of what was run."""
    reason = why_not()
    if reason:
        print(reason, file=sys.stderr)
        return 1
    with fresh_root(make_base().layers) as root, booted(root) as machine:
        machine.copy_checkout()
        variables = [f"{name}={value}" for name, value in ENVIRONMENT.items()]
        command = sys.argv[1:] or ["bash", "-i"]
        inside = ["env", "-i", f"--chdir={SOURCE}", "TERM=linux", *variables, *command]
        return subprocess.run([*machine.entrance, *inside], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
