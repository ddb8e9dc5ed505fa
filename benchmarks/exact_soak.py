"""Round trips and tamperings of the exact carrier by the ten thousand.

    python benchmarks/exact_soak.py [--count 10000] [--first 0]    -> results/exact-soak.json

Each case draws sizes, a cover, a message (from nothing to full capacity; files and pictures), and whether there is a
password; passwords are stretched cheaply here. The message has to come back bit for bit, through PNG for one case of
ten. Then one to ten samples are changed anywhere, by 1, by a modulus or by anything; the password is another; the
picture is cropped; it is re-encoded as JPEG or lossy WebP: every one of these has to be refused.
"""

import argparse
import json
import time
from collections import Counter
from hashlib import sha256
from io import BytesIO
from multiprocessing import Pool

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from provenance import ROOT, machine

from liftveil.errors import PayloadError
from liftveil.exact import CLOSED, Message, embed_message, extract_message
from liftveil.exact.container import body_slots, overhead_bytes
from liftveil.exact.rates import most_bytes

OUTPUT = ROOT / "benchmarks" / "results" / "exact-soak.json"
MOST_PX = 3000
Pixels = NDArray[np.uint8]


def main() -> None:
    """Run all cases and write what happened."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0)
    options = parser.parse_args()
    began, outcomes, kinds = time.time(), Counter[str](), Counter[str]()
    numbers = range(options.first, options.first + options.count)
    with Pool() as pool:
        for number, done in zip(numbers, pool.imap(case, numbers, chunksize=20), strict=True):
            for kind, outcome in done:
                kinds[kind] += 1
                outcomes[outcome] += 1
                if outcome == "wrong":
                    print(f"case {number}: {kind} went wrong", flush=True)
    record = {
        "cases": options.count,
        "first": options.first,
        "seconds": round(time.time() - began),
        "tried": dict(sorted(kinds.items())),
        "outcomes": dict(sorted(outcomes.items())),
        **machine(),
    }
    OUTPUT.write_text(json.dumps(record, indent=1) + "\n")
    print(json.dumps(record, indent=1))


def case(number: int) -> list[tuple[str, str]]:
    """One case: what was done, and whether it came back, was refused, or went wrong."""
    rng = np.random.default_rng(number)
    cover, password = drawn_cover(rng), "pass word" if rng.integers(2) else None
    message = drawn_message(rng, cover)
    stego = embed_message(cover, message, password, stretch=cheap, entropy=rng.bytes)
    if number % 10 == 0:
        stego = reencoded(stego, "PNG")
    mode = "code" if np.abs(stego.astype(int) - cover).max() <= 1 else "digits"
    done = [(f"round trip, {mode}", "came back" if opened(stego, password) == message else "wrong")]
    other = "another" if password else "password"
    done.append(("another password", judged(opened(stego, other))))
    for kind, picture in tampered(rng, stego).items():
        done.append((kind, judged(opened(picture, password))))
    return done


def judged(found: Message | None) -> str:
    """Whether it was refused."""
    return "refused" if found is None else "wrong"


def opened(picture: Pixels, password: str | None) -> Message | None:
    """What opens; None for a refusal with the one message, or where not even the head opens."""
    try:
        return extract_message(picture, password, stretch=cheap)
    except PayloadError as refusal:
        if str(refusal) != f"stego: {CLOSED}":
            raise
        return None


def drawn_cover(rng: np.random.Generator) -> Pixels:
    """Any size, from flat to noise, with and without saturated parts."""
    pixels = int(rng.integers(683, MOST_PX))
    height = int(rng.integers(1, 60))
    width = -(-pixels // height)
    smooth = rng.normal(rng.uniform(-20, 275), rng.uniform(0, 80), (height, width, 3))
    return np.clip(smooth, 0, 255).astype(np.uint8)


def drawn_message(rng: np.random.Generator, cover: Pixels) -> Message:
    """From nothing to everything there is room for."""
    name, media_type = ("größe.bin", "application/octet-stream") if rng.integers(2) else ("", "")
    room = most_bytes(body_slots(cover)) - overhead_bytes(Message(b"", "file", name, media_type))
    length = int([0, room, rng.integers(0, room + 1), rng.integers(0, min(99, room + 1))][rng.integers(4)])
    if rng.integers(4) == 0:
        return Message(rng.bytes(length), "picture", name, media_type, (7, 9, 3))
    return Message(rng.bytes(length), "file", name, media_type)


def tampered(rng: np.random.Generator, stego: Pixels) -> dict[str, Pixels]:
    """Pictures that have to be refused."""
    found = {}
    for kind, moves in (("by one", (1, 255)), ("by a modulus", (3, 5, 7, 253, 251)), ("anyhow", range(1, 256))):
        changed = stego.copy()
        places = rng.choice(stego.size, rng.integers(1, 11), replace=False)
        changed.reshape(-1)[places] += rng.choice(np.array(moves, np.uint8), places.size)
        found[f"samples changed {kind}"] = changed
    height, width = stego.shape[:2]
    cropped = stego[: height - 1] if height > 1 else stego[:, : width - 1]
    if cropped.size >= 2048:
        found["cropped"] = cropped
    found["re-encoded as JPEG"] = reencoded(stego, "JPEG", quality=95, subsampling=0)
    found["re-encoded as lossy WebP"] = reencoded(stego, "WEBP", quality=95)
    return {kind: picture for kind, picture in found.items() if not np.array_equal(picture, stego)}


def reencoded(pixels: Pixels, kind: str, **options: int) -> Pixels:
    """Through a file's content."""
    buffer = BytesIO()
    Image.fromarray(pixels).save(buffer, kind, **options)
    return np.array(Image.open(buffer).convert("RGB"))


def cheap(password: bytes, salt: bytes) -> bytes:
    """Stands in for Argon2id."""
    return sha256(password + salt).digest()


if __name__ == "__main__":
    main()
