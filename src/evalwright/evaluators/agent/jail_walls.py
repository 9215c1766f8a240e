"""The walls of the subprocess jail, put up by the jailed process itself before it runs a line of foreign code.

Standard library only: this file is handed to a bare interpreter (``python -I -S``) and imports nothing of ours. Each
wall is a function that raises OSError where the kernel has none.
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import struct
import sys

LIBC = ctypes.CDLL(None, use_errno=True)
NAMESPACES = 0x10000000 | 0x40000000 | 0x00020000 | 0x08000000  # user, network, mount, IPC
DENIED = {
    "x86_64": (0xC000003E, 56, 435, [
        41, 57, 58, 59, 62, 101, 134, 135, 155, 161, 163, 165, 166, 167, 169, 175, 200, 234, 246, 248, 249, 250, 272,
        298, 302, 303, 304, 308, 310, 311, 313, 321, 322, 323, 129, 297, 424, 425, 426, 427, 428, 429, 430, 431, 432,
        434, 438, 440, 442, 141, 142, 144, 203, 314,
    ]),
    "aarch64": (0xC00000B7, 220, 435, [
        198, 221, 281, 129, 130, 131, 117, 92, 41, 51, 40, 39, 224, 142, 105, 104, 217, 218, 219, 97, 241, 261, 264,
        265, 268, 270, 271, 273, 280, 282, 138, 240, 424, 425, 426, 427, 428, 429, 430, 431, 432, 434, 438, 440, 442,
        140, 118, 119, 122, 274,
    ]),
}  # fmt: skip
"""Machine -> audit architecture, clone, clone3, and the calls that are refused: sockets, other processes (fork, exec,
signals, priorities, ptrace, their memory), mounts and namespaces, limits, io_uring (which would go round this), keys,
bpf, modules."""


def check(result: int, what: str) -> int:
    """Returns the result of a C call, or raises what it failed with."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def limits(memory: int, cpu_s: int, file_bytes: int) -> None:
    """Bounds memory, CPU time, files, descriptors, threads and core dumps."""
    bounds = (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, cpu_s),
        (resource.RLIMIT_FSIZE, file_bytes),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_NPROC, 64),
        (resource.RLIMIT_CORE, 0),
    )
    for kind, wanted in bounds:
        hard = resource.getrlimit(kind)[1]
        bound = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(kind, (bound, bound))


def namespaces() -> None:
    """Leaves the machine's network, mounts and IPC for empty ones."""
    uid, gid = os.getuid(), os.getgid()
    check(LIBC.unshare(NAMESPACES), "unshare")
    for name, text in (("setgroups", "deny"), ("uid_map", f"65534 {uid} 1"), ("gid_map", f"65534 {gid} 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)


def own_disk(folder: str, file_bytes: int) -> None:
    """Puts a small disk in memory over the folder, so that no number of files can fill the machine's."""
    check(LIBC.mount(b"none", b"/", None, 0x44000, None), "private mounts")
    options = f"size={file_bytes},nr_inodes=1000,mode=0700".encode()
    check(LIBC.mount(b"tmpfs", folder.encode(), b"tmpfs", 2 | 4 | 8, options), "mount tmpfs")
    os.chdir(folder)


def landlock(folder: str) -> None:
    """Leaves the interpreter to read and the folder to write, and no other file; no program can be run."""
    version = check(LIBC.syscall(444, None, 0, 1), "landlock")
    if version < 3:
        raise OSError(f"landlock version {version} cannot guard truncation")
    handled = (1 << 13) - 1 | 1 << 13 | 1 << 14 | (1 << 15 if version >= 5 else 0)
    net, scoped = (3 if version >= 4 else 0), (3 if version >= 6 else 0)
    attributes = struct.pack("QQQ", handled, net, scoped)[: 24 if version >= 6 else 16 if version >= 4 else 8]
    rules = check(LIBC.syscall(444, attributes, len(attributes), 0), "landlock ruleset")
    readable = [sys.base_prefix, "/usr/lib", "/lib", "/lib64", "/usr/share/zoneinfo", "/etc/localtime", "/dev/urandom"]
    for path in readable:
        allow(rules, path, 4 | 8)
    allow(rules, "/dev/null", 2 | 4)
    allow(rules, folder, handled & ~1)
    check(LIBC.prctl(38, 1, 0, 0, 0), "no new privileges")
    check(LIBC.syscall(446, rules, 0), "landlock restrict")
    os.close(rules)


def allow(rules: int, path: str, access: int) -> None:
    """Adds a path, where it is there, to what may be accessed."""
    try:
        held = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        access &= ~0 if os.path.isdir(path) else 2 | 4
        check(LIBC.syscall(445, rules, 1, struct.pack("=Qi", access, held), 0), f"landlock rule for {path}")
    finally:
        os.close(held)


def drop_capabilities() -> None:
    """Gives up what the new user namespace granted."""
    check(LIBC.capset(struct.pack("Ii", 0x20080522, 0), bytes(24)), "capset")


def seccomp() -> None:
    """Refuses the system calls that reach out of the process."""
    if platform.machine() not in DENIED:
        raise OSError(f"no system call filter for {platform.machine()}")
    arch, clone, clone3, denied = DENIED[platform.machine()]
    refuse, absent, permit, kill = 0x00050001, 0x00050026, 0x7FFF0000, 0x80000000
    code = [(0x20, 0, 0, 4), (0x15, 1, 0, arch), (0x06, 0, 0, kill), (0x20, 0, 0, 0)]
    code += [(0x35, 0, 1, 0x40000000), (0x06, 0, 0, refuse)] if arch == 0xC000003E else []
    for number in denied:
        code += [(0x15, 0, 1, number), (0x06, 0, 0, refuse)]
    code += [(0x15, 0, 1, clone3), (0x06, 0, 0, absent)]
    code += [(0x15, 0, 3, clone), (0x20, 0, 0, 16), (0x45, 1, 0, 0x10000), (0x06, 0, 0, refuse), (0x06, 0, 0, permit)]
    program = b"".join(struct.pack("HBBI", *one) for one in code)
    held = ctypes.create_string_buffer(program, len(program))
    filter_ = struct.pack("HxxxxxxQ", len(code), ctypes.addressof(held))
    check(LIBC.prctl(38, 1, 0, 0, 0), "no new privileges")
    check(LIBC.prctl(22, 2, ctypes.c_char_p(filter_), 0, 0), "seccomp")
