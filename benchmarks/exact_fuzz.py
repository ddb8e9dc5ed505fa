"""Coverage-guided fuzzing of what reads the exact carrier's pictures without a password.

    pip install atheris
    python benchmarks/exact_fuzz.py --seconds 3600    -> results/exact-fuzz.json

Anybody can seal a head and a body for a picture without a password, so whatever reads them meets hostile bytes. Each
input chooses one of: fields of a head; a body; a JPEG XL codestream with a stated shape; and a whole picture, whose
head and body are sealed as a writer would, but hold the input's bytes. All of them may be refused with an error of
liftveil's; anything else ends the run and leaves the input.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import atheris

with atheris.instrument_imports():
    import numpy as np

    from liftveil.errors import LiftveilError
    from liftveil.exact import (
        Message,
        body,
        codestream,
        container,
        decompress,
        embed_message,
        extract_message,
        head,
        picture_of,
    )
    from liftveil.exact.head import DigitLayout, Head, TrellisLayout

from provenance import ROOT, machine

OUTPUT = ROOT / "benchmarks" / "results" / "exact-fuzz.json"
COVER = np.random.default_rng(0).integers(0, 256, (27, 26, 3), dtype=np.uint8)
ENTROPY = bytes(48)
SLOTS = COVER.size - container.RESERVED
ROUND_S = 300
COUNTS = dict.fromkeys(("head", "body", "codestream", "picture", "opened"), 0)


def main() -> None:
    """Fuzz for so long, and write what was tried; by processes that end, since the fuzzer's own memory grows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=3600)
    parser.add_argument("--corpus", help="used by the processes that this one starts")
    options = parser.parse_args()
    if options.corpus:
        fuzz(options.corpus, options.seconds)
    totals = dict(COUNTS)
    with tempfile.TemporaryDirectory() as corpus:
        seeds(Path(corpus))
        for left in range(options.seconds, 0, -ROUND_S):
            found = one_round(corpus, min(left, ROUND_S))
            totals = {name: totals[name] + found[name] for name in totals}
            print(json.dumps(totals), flush=True)
    record = {"seconds": options.seconds, "inputs": totals, "crashes": 0, **machine()}
    OUTPUT.write_text(json.dumps(record, indent=1) + "\n")


def one_round(corpus: str, seconds: int) -> dict[str, int]:
    """What a process tried; a crash ends everything, with the fuzzer's own report."""
    arguments = [sys.executable, __file__, "--corpus", corpus, "--seconds", str(seconds)]
    finished = subprocess.run(arguments, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(finished.stdout.splitlines()[-1])


def fuzz(corpus: str, seconds: int) -> None:
    """Fuzz in this process, say what was tried, and end it."""
    began = time.time()

    def once(data: bytes) -> None:
        one_input(data)
        if time.time() - began > seconds:  # libFuzzer itself ends without a way to say anything
            print(json.dumps(COUNTS), flush=True)
            os._exit(0)

    atheris.Setup([sys.argv[0], corpus, "-max_len=2048", "-timeout=60", "-rss_limit_mb=8192"], once)
    atheris.Fuzz()


def seeds(folder: Path) -> None:
    """One good input of each kind, to start from."""
    digits = head.written_head(Head(DigitLayout(3, 5, 1000, SLOTS - 1000), 300))
    code = head.written_head(Head(TrellisLayout(5), 40))
    file = Message(b"content", "file", "name.txt", "text/plain")
    picture = Message(b"\xff\x0a\x00\x10", "picture", "name.png", "image/jxl", (8, 8, 3))
    whole = [body.packed(message, 100) for message in (file, picture)]
    for number, data in enumerate([b"\0" + digits, b"\0" + code, *(b"\1" + text for text in whole)]):
        (folder / str(number)).write_bytes(data)
    (folder / "picture").write_bytes(b"\3" + digits + whole[1])
    (folder / "code").write_bytes(b"\3" + code + whole[0])
    (folder / "codestream").write_bytes(b"\2\x08\x08" + picture.content)


def one_input(data: bytes) -> None:
    """Give an input to what it chooses."""
    if len(data) < 4:
        return
    kind, data = data[0] % 4, data[1:]
    try:
        [read_head, read_body, read_codestream, read_picture][kind](data)
    except LiftveilError:
        return


def read_head(data: bytes) -> None:
    """Fields of a head."""
    COUNTS["head"] += 1
    fields = data[:48].ljust(48, b"\0")
    assert head.written_head(head.parsed_head(fields)) == fields


def read_body(data: bytes) -> None:
    """A body, and what would be made of it."""
    COUNTS["body"] += 1
    message = body.unpacked(data)
    assert body.packed(message, len(data)) == data
    assert message.name == body.suggested_name(message.name)
    if message.kind == "picture" and np.prod(message.shape) < 10**6:
        picture_of(message)


def read_codestream(data: bytes) -> None:
    """JPEG XL that shall have a small size."""
    COUNTS["codestream"] += 1
    codestream.picture_size(data[2:])
    decompress(data[2:], shape=(1 + data[0], 1 + data[1], 3))


def read_picture(data: bytes) -> None:
    """A picture whose head and body are authentic, and hold the input."""
    COUNTS["picture"] += 1
    message = extract_message(forged(data[:48].ljust(48, b"\0"), data[48:]))
    if message is not None:
        COUNTS["opened"] += 1


def forged(fields: bytes, text: bytes) -> "np.ndarray":
    """What a hostile writer makes: any head and any body, with every seal and the tag right."""
    original_head, original_pack = head.written_head, body.packed
    layout = layout_of(fields)
    try:
        head.written_head = lambda _: fields
        container.packed = lambda _message, length: text[:length].ljust(length, b"\0")
        container._planned = lambda _slots, _message: layout
        rest = iter((ENTROPY[:16], ENTROPY[16:]))
        return embed_message(COVER, Message(b""), entropy=lambda _: next(rest))
    finally:
        head.written_head, container.packed, container._planned = original_head, original_pack, PLANNED


PLANNED = container._planned


def layout_of(fields: bytes) -> Head:
    """How the body of a forged picture is written: as its head says, where that makes sense."""
    try:
        found = head.parsed_head(fields)
        layout = found.layout
        if isinstance(layout, TrellisLayout):
            if 8 * found.body_bytes <= SLOTS:
                return found
        elif layout.first_count + layout.second_count == SLOTS:
            return Head(layout, sum(container.layout_bytes(layout)))
    except LiftveilError:
        pass
    usual = DigitLayout(3, 5, SLOTS - 700, 700)
    return Head(usual, sum(container.layout_bytes(usual)))


if __name__ == "__main__":
    main()
