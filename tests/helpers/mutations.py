"""Mutations of files: of any bytes, and of a format's own parts, so that readers get past its checksums."""

import copy
import gzip
import io
import json
import re
import zipfile
import zlib

TEXTS = [
    b"",
    b"\0",
    b"\n\n",
    b"\x1b[2J\x1b[31m",
    b"\xff\xfe",
    b"9" * 5000,
    b"-1",
    b"1e999",
    b"nan",
    b"%s" * 40,
    b"(" * 3000,
]
TEXTS += [b"[" * 3000, b"0x" + b"f" * 6000, b"'", b'"', b"{", b"A" * 100_000, b"\xe2\x80\xae", b"#", b"=", b"..." * 60]
NUMBERS = [
    b"0",
    b"-1",
    b"1",
    b"255",
    b"65536",
    b"4294967295",
    b"9223372036854775807",
    b"18446744073709551616",
    b"1e308",
]
NUMBERS += [b"9" * 30, b"9" * 5000, b"0.5", b"1e-320", b"inf", b"NaN", b"True", b"00", b"0x" + b"f" * 5000, b"1_0"]
SIZES = [
    0,
    1,
    0x7F,
    0x80,
    0xFF,
    0x7FFF,
    0xFFFF,
    0x7FFFFFFF,
    0x80000000,
    0xFFFFFFFF,
    (1 << 60) + 1,
    (1 << 63) - 1,
    (1 << 64) - 1,
]
DESCRS = [
    "|O",
    "<f4",
    ">f8",
    "<U9",
    "<U999999999",
    "|S3",
    "<c16",
    "<f16",
    "|b1",
    "<i3",
    "V8",
    "<M8[ns]",
    "[('a', '<f4')]",
    "",
]


def _nested(depth):
    value = []
    for _ in range(depth):
        value = [value]
    return value


VALUES = [
    None,
    True,
    -1,
    0,
    1,
    3,
    1e308,
    float("nan"),
    float("inf"),
    1 << 64,
    10**4000,
    "",
    "x" * 5000,
    "\x1b[2J\n\n",
    [],
    {},
]
VALUES += [[1, [2]], {"a": 1}, 0.5, "0", "sgd", "\udcff", [[]], _nested(300), {"a": {"a": []}}, ["a"] * 1000]


def pick(rng, values):
    """One of the values."""
    return values[rng.integers(len(values))]


def mutated_bytes(content, rng, other=b""):
    """The content with one to four changes of its bytes; `other` is a file from which parts may be taken."""
    for _ in range(rng.integers(1, 5)):
        at, to = sorted(int(rng.integers(len(content) + 1)) for _ in range(2))
        if rng.random() < 0.5:  # near each other, and often in the header
            at = int(min(at, rng.integers(1, 200)))
            to = int(min(len(content), at + rng.integers(1, 9)))
        change = rng.integers(8)
        if change == 0 and content:
            at = min(at, len(content) - 1)
            content = content[:at] + bytes([content[at] ^ 1 << int(rng.integers(8))]) + content[at + 1 :]
        elif change == 1:
            content = content[:at] + rng.bytes(to - at) + content[to:]
        elif change == 2:
            content = content[:at] if rng.random() < 0.5 else content[:at] + content[to:]
        elif change == 3:
            content = content[:at] + pick(rng, TEXTS) + content[to:]
        elif change == 4:
            content = content[:to] + content[at:]
        elif change == 5:
            content = content[:at] + other[at:to] + content[to:]
        elif change == 6:
            width, order = int(pick(rng, [1, 2, 4, 8])), pick(rng, ["little", "big"])
            number = pick(rng, SIZES) % (1 << 8 * width)
            content = content[:at] + number.to_bytes(width, order) + content[at + width :]
        else:
            content = with_number(content, rng)
    return content


def with_number(content, rng):
    """The content with another number in place of one that is written in digits."""
    places = list(re.finditer(rb"[-+]?\d+(?:\.\d+)?", content[:20_000]))
    if not places:
        return content
    place = pick(rng, places)
    return content[: place.start()] + pick(rng, NUMBERS) + content[place.end() :]


def mutated_json(value, rng):
    """A value of JSON with one to three parts replaced, removed, added or moved."""
    value = copy.deepcopy(value)
    for _ in range(rng.integers(1, 4)):
        holder = value
        while isinstance(holder, dict | list) and holder:
            key = pick(rng, list(holder) if isinstance(holder, dict) else range(len(holder)))
            inner = holder[key]
            if isinstance(inner, dict | list) and inner and rng.random() < 0.8:
                holder = inner
                continue
            change = rng.integers(5)
            if change == 0:
                del holder[key]
            elif change == 1 and isinstance(holder, dict):
                holder[str(pick(rng, VALUES[10:16]))] = inner
            elif change == 2:
                holder[key] = copy.deepcopy(pick(rng, list(holder.values()) if isinstance(holder, dict) else holder))
            else:
                holder[key] = copy.deepcopy(pick(rng, VALUES))
            break
    return value


def _json(value):
    return json.dumps(value).encode()


def safetensors(content, rng, other):
    """A safetensors file with another header: other metadata or other tensors."""
    end = 8 + int.from_bytes(content[:8], "little")
    header, tensors = json.loads(content[8:end]), content[end:]
    about = header["__metadata__"]
    texts = [name for name, text in about.items() if text[:1] in "{["]
    if texts and rng.random() < 0.7:
        name = pick(rng, texts)
        inner = mutated_json(json.loads(about[name]), rng)
        about[name] = json.dumps(inner) if rng.random() < 0.9 else "[" * int(rng.integers(1, 100_000))
    elif rng.random() < 0.5:
        name = pick(rng, [name for name in header if name != "__metadata__"])
        header[name]["shape"] = pick(rng, [header[name]["shape"][::-1], [1, *header[name]["shape"]], [], [1 << 62, 4]])
        header[name]["dtype"] = pick(
            rng, ["F32", "F64", "BF16", "I32", "F8_E4M3", "BOOL", "F16", header[name]["dtype"]]
        )
    else:
        header = mutated_json(header, rng)
    text = _json(header)
    return len(text).to_bytes(8, "little") + text + tensors


def npy(content, rng, other):
    """An .npy file with another header, of the right length, in which about half of the items are the old ones."""
    start = 10 + int.from_bytes(content[8:10], "little")
    old = re.findall(r"'\w+': (?:\([^)]*\)|[^,]*)", content[10:start].decode())
    shape = ", ".join(pick(rng, NUMBERS[:12]).decode()[:30] for _ in range(rng.integers(0, 5)))
    new = [f"'descr': {pick(rng, DESCRS)!r}", f"'fortran_order': {pick(rng, ['True', 'False', '1', 'None'])}"]
    new += [f"'shape': ({shape}{pick(rng, ['', ','])})"]
    items = [each if rng.random() < 0.6 else other for each, other in zip(old, new, strict=True)]
    rng.shuffle(items)
    text = "{" + ", ".join(items) + pick(rng, ["}", "}", ", }", ", }", "", "}}"])
    if rng.random() < 0.3:
        text = mutated_bytes(text.encode(), rng).decode("latin-1")
    text = text.encode("latin-1")[:65_000] + b"\n"
    return content[:8] + len(text).to_bytes(2, "little") + text + content[start:]


def npz(content, rng, other):
    """An .npz archive with a changed member, or with members of other names and compressions."""
    archive = zipfile.ZipFile(io.BytesIO(content))
    members = {name: archive.read(name) for name in archive.namelist()}
    name = pick(rng, list(members))
    members[name] = npy(members[name], rng, other) if rng.random() < 0.7 else mutated_bytes(members[name], rng)
    new = io.BytesIO()
    with zipfile.ZipFile(new, "w", int(pick(rng, [0, 8, 12, 14]))) as archive:
        for each, inner in members.items():
            archive.writestr(each if rng.random() < 0.95 else "\x1b[2J\n" + each, inner)
    return new.getvalue()


def gzipped(content, rng, other):
    """A gzip file with changed content."""
    return gzip.compress(mutated_bytes(gzip.decompress(content), rng), 1)


def csv(content, rng, other):
    """A CSV file with changed fields."""
    rows = [line.split(b",") for line in content.split(b"\n")]
    for _ in range(rng.integers(1, 5)):
        row = pick(rng, rows)
        row[rng.integers(len(row))] = pick(rng, TEXTS + NUMBERS)
    return b"\n".join(b",".join(row) for row in rows)


PLAUSIBLE = [b"3", b"0.25", b"[1, 2]", b'"none"', b'"8:64:log"', b'["cosine", "step"]', b"true", b'["0.1", "16,16"]']
ODD = [b'"' + b"9" * 5000 + b'"', b'"\\u001b[2J"', b"[]", b"[[[1]]]", b"{a = 1}", b"[" * 2000 + b"]" * 2000]
ODD += [b"[" + b",".join(b"%d" % k for k in range(20_000)) + b"]", b'"1:1e999"', b'"nan:2"', b'"none:1"']
KEYS = [b"depth", b"width", b"name", b"objectives", b"trials", b"prune", b"preset", b"a" + b".a" * 60_000]


def toml(content, rng, other):
    """A sweep file with other values, or other keys."""
    lines = content.split(b"\n")
    for _ in range(rng.integers(1, 4)):
        at = rng.integers(len(lines))
        key, _, value = lines[at].partition(b"=")
        if rng.random() < 0.3:
            key = pick(rng, KEYS)
        if rng.random() < 0.8:
            value = pick(rng, [PLAUSIBLE, PLAUSIBLE, ODD, NUMBERS][rng.integers(4)])
        lines[at] = key + b"=" + value if key.strip() else b""
    return b"\n".join(lines)


def lines_of_json(content, rng, other):
    """A journal with changed lines."""
    lines = content.split(b"\n")
    for _ in range(rng.integers(1, 4)):
        at = int(rng.integers(len(lines)))
        if lines[at][:1] == b"{":
            lines[at] = _json(mutated_json(json.loads(lines[at]), rng))
    return b"\n".join(lines)


def png(content, rng, other):
    """A PNG file with changed chunks, whose checksums are right."""
    chunks, at = [], 8
    while at + 12 <= len(content):
        size = int.from_bytes(content[at : at + 4], "big")
        chunks.append([content[at + 4 : at + 8], content[at + 8 : at + 8 + size]])
        at += 12 + size
    chunk = pick(rng, chunks)
    chunk[1] = mutated_bytes(chunk[1], rng)
    if rng.random() < 0.2:
        chunks.insert(1, [pick(rng, [b"tRNS", b"PLTE", b"iCCP", b"zTXt", b"eXIf", b"fdAT"]), pick(rng, TEXTS)])
    packed = (len(b).to_bytes(4, "big") + k + b + zlib.crc32(k + b).to_bytes(4, "big") for k, b in chunks)
    return content[:8] + b"".join(packed)


GRAMMARS = {".safetensors": safetensors, ".npy": npy, ".npz": npz, ".gz": gzipped, ".csv": csv, ".toml": toml}
GRAMMARS |= {".log": lines_of_json, ".png": png}


def mutated(suffix, content, rng, other):
    """A mutation of a file with this suffix: every second one by the grammar of its format, where there is one."""
    if suffix in GRAMMARS and rng.random() < 0.5:
        return GRAMMARS[suffix](content, rng, other)
    return mutated_bytes(content, rng, other)
