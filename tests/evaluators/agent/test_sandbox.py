"""The jail holds: each test runs code that tries to get out."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import textwrap
from pathlib import Path

import pytest

from evalwright.evaluators.agent.container import ContainerRunner
from evalwright.evaluators.agent.jail import SubprocessJail
from evalwright.evaluators.agent.sandbox import Ended, SandboxLimits, SandboxResult, SandboxUnavailable


def jailed(code: str, **limits: object) -> SandboxResult:
    jail = SubprocessJail(SandboxLimits(**{"wall_s": 20.0, **limits}))  # type: ignore[arg-type]
    try:
        return asyncio.run(jail.run(textwrap.dedent(code)))
    except SandboxUnavailable as reason:
        pytest.skip(f"this kernel has no walls for a jail: {reason}")


def test_code_runs_with_the_standard_library_and_its_output_comes_back() -> None:
    result = jailed("import json, math, statistics, sys\nprint(json.dumps(math.sqrt(16)))\nprint('x', file=sys.stderr)")
    assert result.ok, result.stderr
    assert (result.stdout, result.stderr) == ("4.0\n", "x\n")
    assert {"seccomp", "landlock", "limits"} <= set(result.guards)


def test_an_error_in_the_code_is_told_with_its_line() -> None:
    result = jailed("x = 1\nraise ValueError('bad number')")
    assert (result.ok, result.ended, result.exit_code) == (False, Ended.EXITED, 1)
    assert 'File "code.py", line 2' in result.stderr
    assert "ValueError: bad number" in result.stderr


def test_there_is_no_network() -> None:
    result = jailed(
        """
        import socket
        for family in (socket.AF_INET, socket.AF_INET6, socket.AF_UNIX, socket.AF_NETLINK):
            try:
                socket.socket(family)
            except PermissionError:
                print("refused")
        try:
            socket.create_connection(("127.0.0.1", 80), timeout=1)
        except OSError as error:
            print("no", type(error).__name__)
        """
    )
    assert result.stdout == "refused\n" * 4 + "no PermissionError\n"


def test_a_memory_bomb_fails_inside() -> None:
    result = jailed("held = bytearray(4 << 30)", memory_bytes=256 << 20)
    assert not result.ok
    assert "MemoryError" in result.stderr


def test_a_fork_bomb_cannot_even_fork() -> None:
    result = jailed(
        """
        import os, subprocess, multiprocessing, sys
        for attempt in (os.fork, lambda: subprocess.run(["/bin/true"]), lambda: os.execv(sys.executable, ["python"])):
            try:
                attempt()
            except PermissionError:
                print("refused")
        """
    )
    assert result.stdout == "refused\n" * 3


def test_many_threads_end_at_a_limit_and_a_few_work() -> None:
    result = jailed(
        """
        import threading
        gate, made = threading.Event(), 0
        try:
            for _ in range(5000):
                threading.Thread(target=gate.wait, daemon=True).start()
                made += 1
        except RuntimeError:
            pass
        gate.set()
        print(4 < made < 1000)
        """
    )
    assert result.stdout == "True\n", result.stderr


def test_an_endless_loop_is_ended_by_the_clock() -> None:
    result = jailed("while True: pass", wall_s=1.0)
    assert result.ended is Ended.TIMEOUT
    assert result.wall_s < 10


def test_an_endless_loop_is_ended_by_its_processor_time() -> None:
    result = jailed("while True: pass", cpu_s=1)
    assert result.ended is Ended.KILLED


def test_a_sleeper_is_ended_by_the_clock() -> None:
    assert jailed("import time\nprint('on', flush=True)\ntime.sleep(60)", wall_s=2.0).ended is Ended.TIMEOUT


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_huge_output_ends_the_run_and_is_not_kept(stream: str) -> None:
    result = jailed(f"import sys\nwhile True: sys.{stream}.write('y' * 65536)", output_bytes=10_000)
    assert result.ended is Ended.OUTPUT
    assert len(result.stdout) + len(result.stderr) == 10_000


def test_no_file_outside_can_be_read_or_written(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("the key")
    secret.chmod(0o666)
    tmp_path.chmod(0o777)
    result = jailed(
        f"""
        import os
        for path, mode in (({str(secret)!r}, "r"), ({str(secret)!r}, "w"), ({str(tmp_path / "new")!r}, "w"),
                           ("/etc/passwd", "r"), ("/proc/1/environ", "rb"), ("/proc/self/environ", "rb")):
            try:
                open(path, mode).read()
            except OSError:
                print("refused")
        secret = {str(secret)!r}
        for attempt in (lambda: os.listdir("/"), lambda: os.unlink(secret), lambda: os.truncate(secret, 0)):
            try:
                attempt()
            except OSError:
                print("refused")
        open("mine.txt", "w").write("ok")
        print(open("mine.txt").read())
        """
    )
    assert result.stdout == "refused\n" * 9 + "ok\n", result.stderr
    assert secret.read_text() == "the key"
    assert not (tmp_path / "new").exists()


def test_the_environment_is_empty_of_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    result = jailed("import os\nprint(sorted(os.environ))")
    assert result.stdout == "['HOME', 'LANG', 'PATH', 'PYTHONUTF8']\n"


def test_no_other_process_can_be_signalled_or_looked_into() -> None:
    result = jailed(
        f"""
        import ctypes, os
        for attempt in (lambda: os.kill({os.getpid()}, 0), lambda: os.kill(os.getppid() or 1, 9)):
            try:
                attempt()
            except PermissionError:
                print("refused")
        libc = ctypes.CDLL(None, use_errno=True)
        print([libc.ptrace(16, {os.getpid()}, 0, 0), libc.unshare(0x10000000), libc.mount(b"a", b"/", b"tmpfs", 0, 0)])
        """
    )
    assert result.stdout == "refused\nrefused\n[-1, -1, -1]\n", result.stderr


def test_files_end_at_their_limit_however_many_they_are() -> None:
    result = jailed(
        """
        import errno
        try:
            for place in range(100):
                with open(f"file{place}", "wb") as file:
                    file.write(bytes(1 << 20))
            print("all written")
        except OSError as error:
            print("full", error.errno == errno.ENOSPC)
        """,
        file_bytes=8 << 20,
    )
    if "own disk" not in result.guards:
        pytest.skip("no user namespaces here, so no disk of its own")
    assert result.stdout == "full True\n"


def test_walls_cannot_be_taken_down_from_within() -> None:
    result = jailed(
        """
        import resource
        for kind in (resource.RLIMIT_AS, resource.RLIMIT_CPU):
            try:
                resource.setrlimit(kind, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            except (ValueError, PermissionError):
                print("refused")
        """
    )
    assert result.stdout == "refused\nrefused\n"


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    jailed("open('x', 'w').write('x')")
    jailed("while True: pass", wall_s=1.0)
    assert list(tmp_path.iterdir()) == []


def test_code_that_is_too_long_is_not_run() -> None:
    assert "more than 10 bytes" in jailed("print('hello world')", code_bytes=10).stderr


def without(wall: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kernel that lacks one wall, as the entry sees it: the same files with that wall failing."""
    source = Path(sys.modules[SubprocessJail.__module__].__file__ or "").parent
    for name in ("jail_entry.py", "jail_walls.py"):
        shutil.copy(source / name, folder / name)
    walls = folder / "jail_walls.py"
    walls.write_text(walls.read_text() + f"\ndef {wall}(*given):\n    raise OSError('not here')\n")
    monkeypatch.setattr("evalwright.evaluators.agent.jail._ENTRY", folder / "jail_entry.py")


@pytest.mark.parametrize("wall", ["landlock", "seccomp", "limits"])
def test_without_walls_nothing_is_run(wall: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without(wall, tmp_path, monkeypatch)
    with pytest.raises(SandboxUnavailable, match=f"no walls here: .*{wall}: not here"):
        asyncio.run(SubprocessJail().run("print('run')"))


def test_where_user_namespaces_are_forbidden_the_other_walls_still_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without("namespaces", tmp_path, monkeypatch)
    test_there_is_no_network()
    test_a_fork_bomb_cannot_even_fork()
    test_no_file_outside_can_be_read_or_written(tmp_path)


def test_two_runs_share_the_machine_and_others_wait() -> None:
    async def many() -> list[SandboxResult]:
        jail = SubprocessJail(at_once=2)
        return await asyncio.gather(*(jail.run(f"print({place})") for place in range(5)))

    assert [result.stdout for result in asyncio.run(many())] == [f"{place}\n" for place in range(5)]


def test_the_container_command_shuts_every_door() -> None:
    command = list(ContainerRunner(SandboxLimits(memory_bytes=1 << 20, cpu_s=3)).command("n"))
    text = " ".join(command)
    for wall in (
        "--network none",
        "--read-only",
        "--cap-drop ALL",
        "--security-opt no-new-privileges",
        "--user 65534:65534",
        "--memory 1048576b --memory-swap 1048576b",
        "--pids-limit 32",
        "--ulimit cpu=3",
        "--pull never",
        "--rm",
    ):
        assert wall in text
    assert "--volume" not in text
    assert "--env" not in text
    assert command[-5:-1] == ["-I", "-S", "-B", "-c"]


ENGINE = """#!{python}
import subprocess, sys
if sys.argv[1] == "rm":
    open({mark!r}, "w").write(sys.argv[-1])
    sys.exit()
{body}
"""


def engine(folder: Path, body: str) -> tuple[ContainerRunner, Path]:
    """A stand-in for docker's command line: a program that is really started."""
    mark = folder / "removed"
    program = folder / "engine"
    program.write_text(ENGINE.format(python=sys.executable, mark=str(mark), body=body))
    program.chmod(0o755)
    return ContainerRunner(SandboxLimits(wall_s=1.5), engine=str(program)), mark


def test_a_container_gets_the_code_and_gives_its_output(tmp_path: Path) -> None:
    runner, _ = engine(tmp_path, "sys.exit(subprocess.call([sys.executable, *sys.argv[-5:]]))")
    result = asyncio.run(runner.run("print(6 * 7)"))
    assert (result.ok, result.stdout, result.guards) == (True, "42\n", ("container",))


def test_a_container_that_does_not_end_is_removed(tmp_path: Path) -> None:
    runner, mark = engine(tmp_path, "while True: pass")
    result = asyncio.run(runner.run("print(1)"))
    assert result.ended is Ended.TIMEOUT
    assert mark.read_text().startswith("evalwright-")


def test_an_engine_that_is_absent_or_fails_runs_nothing(tmp_path: Path) -> None:
    with pytest.raises(SandboxUnavailable, match="cannot be started"):
        asyncio.run(ContainerRunner(engine=str(tmp_path / "none")).run("x"))
    runner, _ = engine(tmp_path, "print('no such image', file=sys.stderr)\nsys.exit(125)")
    with pytest.raises(SandboxUnavailable, match="no such image"):
        asyncio.run(runner.run("x"))
