"""Files that no ordinary encoder writes: deep PNGs, false headers, colour profiles with known mathematics."""

from __future__ import annotations

import struct
import zlib

import numpy as np

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
D50 = (0.9642, 1.0, 0.8249)
# Columns R, G, B: XYZ of the primaries adapted to D50, as the profiles of these spaces state them.
SRGB_TO_XYZ = np.array([[0.43607, 0.38515, 0.14307], [0.22249, 0.71687, 0.06061], [0.01392, 0.09708, 0.71410]])
ADOBE_TO_XYZ = np.array([[0.60974, 0.20528, 0.14919], [0.31111, 0.62567, 0.06322], [0.01947, 0.06087, 0.74457]])
ADOBE_GAMMA = 563 / 256


def png_chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_header(width, height, depth, colour_type, interlace=0):
    return png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, interlace))


def png_of(samples, *extra_chunks):
    """Encode 8- or 16-bit samples (grey, grey + alpha, RGB, RGBA) without a filter."""
    height, width, channels = samples.reshape(*samples.shape[:2], -1).shape
    rows = samples.astype(samples.dtype.newbyteorder(">")).reshape(height, -1)
    colour_type = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    header = png_header(width, height, samples.dtype.itemsize * 8, colour_type)
    body = zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows))
    return PNG_SIGNATURE + header + b"".join(extra_chunks) + png_chunk(b"IDAT", body) + png_chunk(b"IEND", b"")


def tiff_of(samples, *, order="<", bits=None, deflate=False, separate=False, inks=False, rows=None):
    """Encode samples of 8, 12 or 16 bits in strips of some rows, all channels together or each apart."""
    height, width, channels = samples.shape
    rows = rows or height
    bits = bits or samples.dtype.itemsize * 8
    planes = [samples[..., [channel]] for channel in range(channels)] if separate else [samples]
    strips = [
        plane[top : top + rows].astype(plane.dtype.newbyteorder(order)).tobytes()
        for plane in planes
        for top in range(0, height, rows)
    ]
    if bits == 12:
        strips = [_packed_12(samples)]
    strips = [zlib.compress(strip) for strip in strips] if deflate else strips
    offsets = [8 + sum(map(len, strips[:index])) for index in range(len(strips))]
    fields = {256: [width], 257: [height], 258: [bits] * channels, 259: [8 if deflate else 1]}
    meaning = 5 if inks else 2 if channels > 2 else 1
    fields |= {262: [meaning], 273: offsets, 277: [channels], 278: [rows]}
    fields |= {279: list(map(len, strips)), 284: [2 if separate else 1]}
    if channels == 4 and not inks:
        fields[338] = [2]
    return _tiff_file(order, b"".join(strips), fields)


def _packed_12(samples):
    text = "".join(f"{value:012b}" for value in samples.ravel())
    return int(text, 2).to_bytes(len(text) // 8, "big")


def _tiff_file(order, data, fields):
    data += bytes(len(data) % 2)
    directory = 8 + len(data)
    overflow = directory + 6 + 12 * len(fields)
    entries, tail = struct.pack(f"{order}H", len(fields)), b""
    for tag, values in sorted(fields.items()):
        body = struct.pack(f"{order}{len(values)}I", *values)
        if len(body) > 4:
            body, tail = struct.pack(f"{order}I", overflow + len(tail)), tail + body
        entries += struct.pack(f"{order}HHI", tag, 4, len(values)) + body
    magic = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", directory)
    return magic + data + entries + bytes(4) + tail


def srgb_encoded(linear):
    """Encode linear light by the curve of IEC 61966-2-1."""
    linear = np.clip(linear, 0, 1)
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


def srgb_decoded(encoded):
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def rgb_profile(description, to_xyz, curve):
    columns = zip((b"rXYZ", b"gXYZ", b"bXYZ"), to_xyz.T, strict=True)
    tags = {name: _xyz(column) for name, column in columns}
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    return _profile(description, b"mntr", b"RGB ", b"XYZ ", tags)


def gray_profile(description, curve):
    return _profile(description, b"mntr", b"GRAY", b"XYZ ", {b"kTRC": curve})


def cmyk_profile(description, lab_of_cyan):
    """Describe a printer with yellowish paper, cyan ink of a given colour, and black for any other inks."""
    nodes = np.zeros((2, 2, 2, 2, 3))
    nodes[0, 0, 0, 0] = (100, 0, 0)
    nodes[1, 0, 0, 0] = lab_of_cyan
    coded = np.rint(nodes * (255 / 100, 1, 1) + (0, 128, 128)).astype(np.uint8)
    identity = struct.pack(">9i", *(np.eye(3) * 65536).astype(int).ravel())
    ramp = bytes(range(256))
    table = b"mft1" + bytes(4) + bytes((4, 3, 2, 0)) + identity + ramp * 4 + coded.tobytes() + ramp * 3
    paper = _xyz((0.85, 0.88, 0.6))
    return _profile(description, b"prtr", b"CMYK", b"Lab ", {b"A2B0": table, b"wtpt": paper})


def gamma_curve(gamma):
    return b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256))


def sampled_curve(function, count=1024):
    values = np.rint(function(np.linspace(0, 1, count)) * 65535).astype(">u2")
    return b"curv" + bytes(4) + struct.pack(">I", count) + values.tobytes()


def adobe_rgb_profile():
    return rgb_profile("Wide test space", ADOBE_TO_XYZ, gamma_curve(ADOBE_GAMMA))


def _xyz(values):
    return b"XYZ " + bytes(4) + struct.pack(">3i", *(round(value * 65536) for value in values))


def _profile(description, device_class, space, connection_space, tags):
    """Assemble an ICC profile of version 2.1."""
    text = description.encode() + b"\0"
    words = b"desc" + bytes(4) + struct.pack(">I", len(text)) + text + bytes(78)
    tags = {b"desc": words, b"wtpt": _xyz(D50), b"cprt": b"text" + bytes(4) + b"free\0", **tags}
    table, data = struct.pack(">I", len(tags)), b""
    for name, body in tags.items():
        table += struct.pack(">4sII", name, 132 + 12 * len(tags) + len(data), len(body))
        data += body + bytes(-len(body) % 4)
    head = struct.pack(">II", 0x02100000, 0)[:4] + device_class + space + connection_space
    head += struct.pack(">6H", 2024, 1, 1, 0, 0, 0) + b"acsp" + bytes(24) + bytes(4) + _xyz(D50)[8:]
    size = 128 + len(table) + len(data)
    return (struct.pack(">I", size) + bytes(4) + head).ljust(128, b"\0") + table + data
