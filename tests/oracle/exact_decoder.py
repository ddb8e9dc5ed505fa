"""A decoder of the exact carrier's format 1, written from docs/theory/exact-format.md alone.

It shares no code with liftveil, nor with the library that liftveil takes its ciphers from: ChaCha20, Poly1305 and HKDF
are written out. It is slow, so it is for small pictures; and it stretches no passwords, so K is handed to it.
"""

import hashlib
import hmac
import math
import struct
from itertools import count

LABEL = b"liftveil exact 1 "


def rotated(value, bits):
    return (value << bits | value >> (32 - bits)) & 0xFFFFFFFF


def quarter(state, a, b, c, d):
    for x, y, z, bits in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
        state[x] = (state[x] + state[y]) & 0xFFFFFFFF
        state[z] = rotated(state[z] ^ state[x], bits)


def chacha_block(key, counter, nonce):
    start = [*struct.unpack("<4I", b"expand 32-byte k"), *struct.unpack("<8I", key), counter]
    start += struct.unpack("<3I", nonce)
    state = list(start)
    for _ in range(10):
        for column in range(4):
            quarter(state, column, 4 + column, 8 + column, 12 + column)
        for diagonal in range(4):
            quarter(state, diagonal, 4 + (diagonal + 1) % 4, 8 + (diagonal + 2) % 4, 12 + (diagonal + 3) % 4)
    return struct.pack("<16I", *((x + y) & 0xFFFFFFFF for x, y in zip(state, start, strict=True)))


def keystream(key, number=0, first_block=0):
    """Bytes without an end."""
    for counter in count(first_block):
        yield from chacha_block(key, counter, number.to_bytes(12, "little"))


def taken(stream, length):
    return bytes(next(stream) for _ in range(length))


def poly1305(key, message):
    r = int.from_bytes(key[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    total = 0
    for first in range(0, len(message), 16):
        total = (total + int.from_bytes(message[first : first + 16] + b"\x01", "little")) * r % (2**130 - 5)
    return ((total + int.from_bytes(key[16:], "little")) % 2**128).to_bytes(16, "little")


def opened(key, sealed, associated):
    """ChaCha20-Poly1305 with a nonce of zeros; None if it is not authentic."""
    text, code = sealed[:-16], sealed[-16:]
    padded = associated + bytes(-len(associated) % 16) + text + bytes(-len(text) % 16)
    padded += struct.pack("<QQ", len(associated), len(text))
    if poly1305(chacha_block(key, 0, bytes(12))[:32], padded) != code:
        return None
    return bytes(a ^ b for a, b in zip(text, keystream(key, 0, 1), strict=False))


def hmac_sha256(key, message):
    return hmac.new(key, message, hashlib.sha256).digest()


def key_without_password(salt):
    """K = HKDF-SHA256 of the public label."""
    return hmac_sha256(hmac_sha256(salt, LABEL + b"no password"), b"\x01")


def bits_to_bytes(bits):
    return bytes(int("".join(map(str, bits[first : first + 8])), 2) for first in range(0, len(bits), 8))


def drawn(words, samples, number, used):
    found = []
    while len(found) < number:
        word = next(words)
        if word < 2**32 - 2**32 % samples and word % samples not in used:
            used.add(word % samples)
            found.append(word % samples)
    return found


def public_words(width, height):
    for number in count():
        digest = hashlib.sha256(LABEL + b"salt" + struct.pack("<III", width, height, number)).digest()
        yield from struct.unpack("<8I", digest)


def keyed_words(stream):
    while True:
        yield int.from_bytes(taken(stream, 4), "little")


def block(modulus):
    """Bits and digits of a word."""
    best = (0, 1)
    for digits in range(1, 65):
        if modulus**digits > 2**64:
            break
        bits = (modulus**digits).bit_length() - 1
        if bits * best[1] > best[0] * digits:
            best = (bits, digits)
    return best


def capacity(slots, modulus):
    if modulus == 1:
        return 0
    bits, digits = block(modulus)
    words, rest = divmod(slots, digits)
    return (words * bits + (modulus**rest).bit_length() - 1) // 8


def spelled(digits, modulus, length):
    bits, width = block(modulus)
    text, place = "", 0
    while len(text) < 8 * length:
        size = min(bits, 8 * length - len(text))
        held = width if size == bits else math.ceil(size / math.log2(modulus) - 1e-12)
        number = 0
        for digit in digits[place : place + held]:
            number = number * modulus + digit
        text, place = text + f"{number:0{size}b}", place + held
    return bits_to_bytes([int(bit) for bit in text])


def from_digits(samples, moduli, counts, mask_key):
    content, place = b"", 0
    for number, (modulus, slots) in enumerate(zip(moduli, counts, strict=True)):
        part, place = samples[place : place + slots], place + slots
        if modulus == 1:
            continue
        accepted = (byte % modulus for byte in keystream(mask_key, number) if byte < 256 - 256 % modulus)
        digits = [(sample - next(accepted)) % modulus for sample in part]
        content += spelled(digits, modulus, capacity(slots, modulus))
    return content


def columns(height):
    if height == 1:
        return [1] * 256
    head = LABEL + b"columns" + struct.pack("<H", height)
    inner = sorted(range(2 ** (height - 2)), key=lambda q: hashlib.sha256(head + struct.pack("<H", q)).digest())
    listed = [2 * q + 1 + 2 ** (height - 1) for q in inner]
    return [listed[i % len(listed)] for i in range(256)]


def from_trellis(bits, length, height):
    wanted = 8 * length
    used = min(len(bits), 256 * wanted)
    segments = -(-wanted // max(64, 2**14 // (used // wanted)))
    while used // segments < -(-wanted // segments):
        segments -= 1
    size, part = used // segments, -(-wanted // segments)
    table, message = columns(height), []
    for segment in range(segments):
        mine = bits[segment * size : (segment + 1) * size]
        read = [0] * part
        for j in range(part):
            start, end = j * size // part, (j + 1) * size // part
            total = 0
            for i in range(start, end):
                total ^= mine[i] * table[i - start]
            for b in range(min(height, part - j)):
                read[j + b] ^= total >> b & 1
        message += read
    return bits_to_bytes(message[:wanted])


def decode(width, height, samples, key_of_salt=key_without_password):
    """From the RGB values in row-major order to (kind, name, media type, shape, content).

    Returns None where nothing opens, and raises where the head opens and the rest does not.
    """
    size = struct.pack("<II", width, height)
    used = set()
    salt_slots = drawn(public_words(width, height), len(samples), 128, used)
    salt = bits_to_bytes([samples[slot] & 1 for slot in salt_slots])
    master = key_of_salt(salt)
    order, head_key, body_key, mask, tag_key = (
        hmac_sha256(master, LABEL + name + b"\x01") for name in (b"order", b"head", b"body", b"mask", b"tag")
    )
    words = keyed_words(keystream(order, 0))
    tag_slots, head_slots = (drawn(words, len(samples), number, used) for number in (128, 512))
    sealed_head = bits_to_bytes([samples[slot] & 1 for slot in head_slots])
    head = opened(head_key, sealed_head, LABEL + size)
    if head is None:
        return None
    version, kind, m1, m2, n1, n2, constraint, length = struct.unpack("<BBHHIIBxQ24x", head)
    assert version == 1
    cleared = list(samples)
    for slot in tag_slots:
        cleared[slot] &= 0xFE
    code = hmac_sha256(tag_key, LABEL + size + bytes(cleared))[:16]
    assert code == bits_to_bytes([samples[slot] & 1 for slot in tag_slots])
    free = [sample for slot, sample in enumerate(samples) if slot not in used]
    low, stream = (1 << max(1, (len(free) - 1).bit_length())) - 1, keystream(order, 1)
    keys = sorted((int.from_bytes(taken(stream, 8), "little") & ~low) | i for i in range(len(free)))
    ordered = [free[key & low] for key in keys]
    if kind == 0:
        body = from_digits(ordered, (m1, m2), (n1, n2), mask)
    else:
        body = from_trellis([sample & 1 for sample in ordered], length, constraint)
    assert len(body) == length
    text = opened(body_key, body, sealed_head + salt + LABEL + size)
    assert text is not None
    kind, name_bytes, type_bytes, channels, wide, high, content_bytes = struct.unpack_from("<BBBBIIQ", text)
    ends = (20, 20 + name_bytes, 20 + name_bytes + type_bytes, 20 + name_bytes + type_bytes + content_bytes)
    assert not text[ends[3] :].strip(b"\0")
    name, media_type, content = (text[ends[i] : ends[i + 1]] for i in range(3))
    return kind, name.decode(), media_type.decode(), (channels, wide, high), content
