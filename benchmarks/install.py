"""What an install costs: megabytes on disk, seconds to a ready server, idle memory, import time of the client."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def size_mb(folder: Path) -> float:
    return sum(file.lstat().st_size for file in folder.rglob("*") if file.is_file()) / 2**20


def import_ms(python: Path, statement: str) -> float:
    times = []
    for _ in range(5):
        started = time.perf_counter()
        subprocess.run([str(python), "-c", statement], check=True)
        times.append((time.perf_counter() - started) * 1000)
    return sorted(times)[2]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        venv = Path(folder) / "venv"
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
        pip = [sys.executable, "-m", "pip", "--python", str(venv / "bin" / "python"), "install", "-q", "--no-deps"]
        started = time.perf_counter()
        subprocess.run([*pip, "-r", str(ROOT / "requirements" / "server.txt")], check=True)
        subprocess.run([*pip, str(ROOT)], check=True)
        print(f"install: {size_mb(venv):.0f} MB in {time.perf_counter() - started:.0f} s")
        python = venv / "bin" / "python"
        bare = import_ms(python, "pass")
        print(f"import evalwright: {import_ms(python, 'import evalwright') - bare:.0f} ms over a bare interpreter")
        print(f"evalwright --help: {import_ms(python, 'import evalwright.cli.main') - bare:.0f} ms of imports")


if __name__ == "__main__":
    main()
