"""The page's JavaScript: its unit tests, TypeScript's checker and the linter, all run by node."""

import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.page

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "fastmlp" / "serve" / "page"


def _run(*command):
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def node():
    found = shutil.which("node")
    if found is None:
        pytest.skip("there is no node on this machine")
    return found


@pytest.fixture(scope="module")
def tools(node):
    folder = ROOT / "node_modules" / ".bin"
    if not (folder / "tsc").exists():
        pytest.skip("TypeScript and Biome are missing: npm install")
    return folder


def test_unit_tests(node):
    tests = sorted((ROOT / "tests" / "serve" / "page").glob("*.test.js"))
    assert len(tests) >= 6
    out = _run(node, "--test", *tests)
    assert "# pass" in out or "pass " in out


def test_types(tools):
    _run(tools / "tsc", "-p", "tsconfig.json")


def test_lint_and_format(tools):
    _run(tools / "biome", "ci", "--error-on-warnings", "fastmlp/serve/page", "tests/serve/page")


def test_the_policy_finds_nothing_to_block():
    page = (PAGE / "index.html").read_text(encoding="utf-8")
    assert " style=" not in page
    assert " onclick=" not in page
    assert page.count("<script") == 1
    assert "<style" not in page
    for script in PAGE.glob("*.js"):
        source = script.read_text(encoding="utf-8")
        assert "eval(" not in source
        assert "innerHTML" not in source  # names of classes come from files
        assert len(source.splitlines()) < 500
