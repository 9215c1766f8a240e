"""What a jailed interpreter runs first: walls up, report to the warden, then the code from standard input.

Arguments: folder, bytes of memory, CPU seconds, bytes of files, the report's descriptor, folder of this file. Nothing
is run unless the network, the file system and other processes are out of reach.
"""

from __future__ import annotations

import importlib
import json
import os
import sys


def main() -> None:
    """Reads the code, puts up the walls, runs it."""
    folder, memory, cpu_s, file_bytes, report, home = sys.argv[1:]
    sys.path.insert(0, home)
    walls = importlib.import_module("jail_walls")
    sys.path.remove(home)
    code = sys.stdin.buffer.read()
    put_up: list[str] = []
    failed: list[str] = []
    wanted = (
        ("namespaces", walls.namespaces),
        ("own disk", lambda: walls.own_disk(folder, int(file_bytes))),
        ("limits", lambda: walls.limits(int(memory), int(cpu_s), int(file_bytes))),
        ("landlock", lambda: walls.landlock(folder)),
        ("no capabilities", walls.drop_capabilities),
        ("seccomp", walls.seccomp),
    )
    for name, build in wanted:
        if name == "own disk" and "namespaces" not in put_up:
            continue  # without mounts of its own it would cover the machine's
        try:
            build()
            put_up.append(name)
        except (OSError, ValueError, AttributeError) as error:
            failed.append(f"{name}: {error}")
    safe = {"limits", "landlock", "seccomp"} <= set(put_up)
    os.write(int(report), json.dumps({"safe": safe, "guards": put_up, "failed": failed}).encode())
    os.close(int(report))
    if not safe:
        sys.exit(1)
    sys.argv = ["code.py"]
    os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
    exec(compile(code, "code.py", "exec"), {"__name__": "__main__", "__builtins__": __builtins__})  # noqa: S102


if __name__ == "__main__":
    main()
