"""C: the header, compiled and run."""

import re
import shutil
import subprocess

import numpy as np
import pytest
from helpers.exchange import (
    CASES,
    KINDS,
    STRANGE_NAMES,
    assert_labels_equal,
    assert_outputs_equal,
    images,
    network_of,
)

from fastmlp.exchange.c_writer import c_string, hexadecimal
from fastmlp.inputs.schema import Column, Schema

pytestmark = pytest.mark.slow

C99 = ["gcc", "-std=c99"]
CPP = ["g++"]
STRICT = ["-O1", "-Wall", "-Wextra", "-pedantic", "-Werror"]
MAIN = """
#include <stdio.h>
#include "net.h"
int main(void)
{
    static TYPE in[FASTMLP_INPUTS];
    REAL out[FASTMLP_OUTPUTS];
    while (fread(in, sizeof in, 1, stdin) == 1) {
        int label = fastmlp_predict(in, out);
        fwrite(&label, sizeof label, 1, stdout);
        fwrite(out, sizeof out, 1, stdout);
    }
    return 0;
}
"""
TYPES = {"uint8": "unsigned char", "float32": "float", "float64": "double"}

has_gcc = pytest.mark.skipif(shutil.which("gcc") is None, reason="there is no C compiler")
has_cpp = pytest.mark.skipif(shutil.which("g++") is None, reason="there is no C++ compiler")


def compiled(folder, source, compiler=C99):
    (folder / "main.c").write_text(source)
    language = ["-x", "c++"] if compiler is CPP else []
    command = [*compiler, *STRICT, *language, str(folder / "main.c"), "-o", str(folder / "program"), "-lm"]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return folder / "program"


def check(network, X, folder, compiler=C99, inputs=None, dtype="float32"):
    network.export(folder / "net.h", inputs=inputs, dtype=dtype)
    types = MAIN.replace("TYPE", TYPES[str(X.dtype)]).replace("REAL", TYPES[dtype])
    program = compiled(folder, types, compiler)
    answers = subprocess.run([program], input=X.tobytes(), capture_output=True, check=True).stdout
    record = np.dtype([("label", np.int32), ("outputs", dtype, (network.sizes[-1],))])
    answers = np.frombuffer(answers, record)
    assert_outputs_equal(network, X, answers["outputs"])
    if network.loss in ("squared_error", "cross_entropy"):
        assert_labels_equal(network, X, answers["label"])
    elif network.loss == "binary_cross_entropy" and network.sizes[-1] == 1:
        assert_labels_equal(network, X, answers["label"][:, None])
    else:
        assert not answers["label"].any()


@pytest.mark.slow
@has_gcc
@pytest.mark.parametrize("name", ["pixels", "targets", "one input, one output", "one layer"])
def test_some_kinds_of_inputs(tmp_path, name):
    network, X, inputs = CASES[name]
    check(network, X, tmp_path, inputs=inputs)


@has_gcc
@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_each_kind_of_inputs(tmp_path, name):
    network, X, inputs = CASES[name]
    check(network, X, tmp_path, inputs=inputs)
    check(network, X, tmp_path, inputs=str(X.dtype), dtype="float64")


@has_gcc
@pytest.mark.slow
@pytest.mark.parametrize(("activation", "loss"), KINDS)
def test_each_activation_with_each_loss(tmp_path, activation, loss):
    check(network_of(activation, loss), images(), tmp_path)


@has_cpp
@pytest.mark.slow
@pytest.mark.parametrize("loss", ["cross_entropy", "regression"])
def test_the_header_is_cpp_too(tmp_path, loss):
    check(network_of("gelu", loss), images(500), tmp_path, CPP)


@has_gcc
def test_strange_names_of_classes_columns_and_files(tmp_path):
    columns = tuple(Column(name or "x") for name in STRANGE_NAMES)
    n = len(STRANGE_NAMES)
    schema = Schema(scale="as it is", low=0.0, high=1.0, columns=columns)
    network = network_of("relu", "cross_entropy", (n, 4, n), classes=STRANGE_NAMES, schema=schema)
    path = tmp_path / "a *" / "é ??-.h"
    path.parent.mkdir()
    network.export(path)
    assert path.read_bytes().isascii()
    main = (
        "for (i = 0; i < FASTMLP_OUTPUTS; i++) fwrite(fastmlp_classes[i], strlen(fastmlp_classes[i]) + 1, 1, stdout);"
    )
    source = (
        f"#include <stdio.h>\n#include <string.h>\n{path.read_text()}\nint main(void) {{ int i; {main} return 0; }}"
    )
    names = subprocess.run([compiled(tmp_path, source)], capture_output=True, check=True).stdout
    assert tuple(names.decode().split("\0")[:-1]) == STRANGE_NAMES


@pytest.mark.slow
@has_gcc
def test_the_program_in_the_comment_runs(tmp_path):
    for name, printed in (("no schema", r"\d\n"), ("targets", r"0 2\d{5}\n")):
        CASES[name].network.export(tmp_path / "net.h")
        comment = (tmp_path / "net.h").read_text().split("*/")[0]
        program = comment.split("linked with -lm:")[1].replace("\n *", "\n")
        assert len([line for line in program.splitlines() if line.strip()]) <= 8
        output = subprocess.run([compiled(tmp_path, program.replace("// fill it", ""))], capture_output=True, text=True)
        assert output.returncode == 0
        assert re.fullmatch(printed, output.stdout)


def test_the_header_includes_mathematics_alone(tmp_path):
    network_of("gelu", "cross_entropy").export(tmp_path / "net.h")
    code = (tmp_path / "net.h").read_text().split("*/", 1)[1]
    assert re.findall(r"#include (.*)", code) == ["<math.h>"]
    assert max(map(len, code.splitlines())) <= 120


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0x0p+0"),
        (-0.0, "-0x0p+0"),
        (1.0, "0x1p+0"),
        (16.0, "0x1p+4"),
        (0.1, "0x1.999999999999ap-4"),
        (-2.5, "-0x1.4p+1"),
        (5e-324, "0x0.0000000000001p-1022"),
    ],
)
def test_numbers_are_exact(value, text):
    assert hexadecimal(value, "f") == f"{text}f"
    assert float.fromhex(text) == value


def test_strings_are_plain():
    assert c_string('a"b\\\n?é1') == r'"a\042b\134\012\077\303\2511"'
