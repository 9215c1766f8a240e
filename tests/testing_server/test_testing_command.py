from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import httpx2
import pytest

from evalwright.testing.__main__ import load_script, repeat_question
from evalwright.testing.call import Call


def test_a_script_file_is_served_from_the_command_line(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text("def answer(call):\n    return 'echo ' + call.last_user\n")
    command = [sys.executable, "-m", "evalwright.testing", "--script", f"{path}:answer"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            body = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
            answer = httpx2.post(f"{url}/chat/completions", json=body, timeout=10)
        finally:
            process.terminate()
    assert answer.json()["choices"][0]["message"]["content"] == "echo hi"


def test_without_a_script_the_question_comes_back() -> None:
    call = Call(body={"messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}]}]})
    assert repeat_question(call).text == "hi"


@pytest.mark.parametrize("reference", ["nowhere.py:x", f"{__file__}:not_there"])
def test_a_script_that_is_not_there_is_explained(reference: str) -> None:
    with pytest.raises(SystemExit, match=r"no script at|no function"):
        load_script(reference)
