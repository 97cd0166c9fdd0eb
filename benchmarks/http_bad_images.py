"""Pictures and archives that are not what they say: huge declared sizes, bombs, two kinds in one, cut off, damaged."""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from types import MappingProxyType

#: Zeros in an archive or chunk that unpacks to far more than it weighs.
BOMB_BYTES = 200_000_000


def made(chance: random.Random, sound: bytes) -> tuple[str, bytes]:
    """Return (kind, bytes) of one bad picture, made of a sound JPEG where one is needed."""
    kind = chance.choice(sorted(PICTURES))
    return kind, PICTURES[kind](chance, sound)


def archive(chance: random.Random, sound: bytes) -> tuple[str, bytes]:
    """Return (kind, bytes) of one bad archive."""
    kind = chance.choice(sorted(ARCHIVES))
    return kind, ARCHIVES[kind](chance, sound)


def png(width: int, height: int, data: bytes, *extra: bytes, bits: int = 8, colour: int = 2) -> bytes:
    """Return a PNG with these dimensions and this compressed data, whether they fit each other or not."""
    head = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(extra) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _with_jpeg_size(sound: bytes, width: int, height: int) -> bytes:
    """Return a JPEG whose frame header states other dimensions."""
    for marker in (b"\xff\xc0", b"\xff\xc2"):
        place = sound.find(marker)
        if place > 0:
            return sound[: place + 5] + struct.pack(">HH", height, width) + sound[place + 9 :]
    return sound


def _zeros(count: int) -> bytes:
    packer = zlib.compressobj(9)
    parts = [packer.compress(bytes(1_000_000)) for _ in range(count // 1_000_000)]
    return b"".join([*parts, packer.flush()])


#: Made once: packing takes longer than any request.
_ZEROS: dict[int, bytes] = {}


def _packed_zeros(count: int) -> bytes:
    if count not in _ZEROS:
        _ZEROS[count] = _zeros(count)
    return _ZEROS[count]


def _cut(chance: random.Random, sound: bytes) -> bytes:
    return sound[: chance.randrange(1, len(sound))]


def _damaged(chance: random.Random, sound: bytes) -> bytes:
    changed = bytearray(sound)
    for _ in range(chance.randint(1, 40)):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def _exif_bomb(chance: random.Random, sound: bytes) -> bytes:
    # Offsets that point to themselves, to the end, or far behind it.
    entry = struct.pack("<HHII", 0x8769, 4, 1, chance.choice([8, 26, 0xFFFFFFF0, 0]))
    tiff = b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", 1) + entry + struct.pack("<I", 8)
    body = b"Exif\0\0" + tiff
    return sound[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + sound[2:]


def _many_scans(_: random.Random, sound: bytes) -> bytes:
    place = sound.find(b"\xff\xda")
    length = struct.unpack(">H", sound[place + 2 : place + 4])[0]
    scan = sound[place : place + 2 + length] + b"\0"
    return sound[:place] + scan * 20_000 + b"\xff\xd9"


PICTURES: Mapping[str, Callable[[random.Random, bytes], bytes]] = MappingProxyType(
    {
        "cut off": _cut,
        "damaged bytes": _damaged,
        "empty": lambda _, __: b"",
        "one byte": lambda chance, _: bytes([chance.randrange(256)]),
        "random bytes": lambda chance, _: chance.randbytes(chance.randrange(5_000)),
        "JPEG that says 65500 x 65500": lambda _, sound: _with_jpeg_size(sound, 65_500, 65_500),
        "JPEG that says 0 x 0": lambda _, sound: _with_jpeg_size(sound, 0, 0),
        "JPEG that says 1 x 65000": lambda _, sound: _with_jpeg_size(sound, 1, 65_000),
        "JPEG with 20,000 scans": _many_scans,
        "JPEG with circular EXIF": _exif_bomb,
        "JPEG and an archive": lambda _, sound: sound + _zip([("a.txt", b"a")]),
        "JPEG and a page": lambda _, sound: sound[:2] + b"\xff\xfe\x00\x20<script>alert(1)</script>....." + sound[2:],
        "PNG that says 2^31 x 2^31": lambda _, __: png(2**31 - 1, 2**31 - 1, zlib.compress(b"\0")),
        "PNG of 60000 x 60000": lambda _, __: png(60_000, 60_000, zlib.compress(bytes(10_000))),
        "PNG of 20000 x 20000, in one bit a pixel": lambda _, __: png(
            20_000, 20_000, _packed_zeros(51_000_000), bits=1, colour=0
        ),
        "PNG with text that unpacks to 200 MB": lambda _, __: png(
            200, 200, zlib.compress(bytes(200 * 601)), _chunk(b"zTXt", b"a\0\0" + _packed_zeros(BOMB_BYTES))
        ),
        "PNG with a profile that unpacks to 200 MB": lambda _, __: png(
            200, 200, zlib.compress(bytes(200 * 601)), _chunk(b"iCCP", b"a\0\0" + _packed_zeros(BOMB_BYTES))
        ),
        "PNG with data for more rows": lambda _, __: png(100, 100, _packed_zeros(51_000_000)),
        "GIF of 65535 x 65535": lambda _, __: b"GIF89a\xff\xff\xff\xff\xf7\0\0" + bytes(768) + b";",
        "BMP of 2^31": lambda _, __: b"BM" + struct.pack("<IHHIIiiHHIIiiII", 70, 0, 0, 54, 40, 2**31 - 1, -(2**31), 1,
                                                           24, 0, 0, 0, 0, 0, 0) + bytes(16),
        "TIFF that leads back to itself": lambda _, __: b"II*\0\x08\0\0\0" + struct.pack("<H", 0) + b"\x08\0\0\0",
        "TIFF of 2^32 - 1": lambda _, __: b"II*\0\x08\0\0\0" + struct.pack("<H", 2)
        + struct.pack("<HHII", 256, 4, 1, 2**32 - 1) + struct.pack("<HHII", 257, 4, 1, 2**32 - 1) + bytes(4),
        "WebP of 16383 x 16383": lambda _, __: b"RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\xfe\x3f\0\xfe\x3f\0",
        "HEIC head and nothing": lambda _, __: b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(40),
        "AVIF head and nothing": lambda _, __: b"\0\0\0\x18ftypavif\0\0\0\0mif1avif" + b"\xff" * 40,
        "drawing with an address": lambda _, __: b"<svg xmlns='http://www.w3.org/2000/svg'><image href='file:///etc/'/>",
    }
)  # fmt: skip


def _zip(files: list[tuple[str, bytes]], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", method) as packed:
        for name, data in files:
            packed.writestr(name, data)
    return held.getvalue()


_BOMB: list[bytes] = []


def _bomb(_: random.Random, sound: bytes) -> bytes:
    if not _BOMB:
        _BOMB.append(_zip([("a.jpg", bytes(BOMB_BYTES)), ("b.jpg", sound)]))
    return _BOMB[0]


def _lying(_: random.Random, sound: bytes) -> bytes:
    packed = bytearray(_zip([("a.jpg", sound)], method=zipfile.ZIP_STORED))
    place = packed.find(b"PK\x01\x02")
    packed[place + 20 : place + 28] = struct.pack("<II", 10, 2**32 - 2)
    return bytes(packed)


ARCHIVES: Mapping[str, Callable[[random.Random, bytes], bytes]] = MappingProxyType(
    {
        "archive cut off": lambda chance, sound: _cut(chance, _zip([("a.jpg", sound)])),
        "archive with damaged bytes": lambda chance, sound: _damaged(chance, _zip([("a.jpg", sound)])),
        "archive that unpacks to 200 MB": _bomb,
        "archive of 3,000 files": lambda _, __: _zip([(f"{n}.jpg", b"x") for n in range(3_000)]),
        "archive with paths": lambda _, sound: _zip([("../../a.jpg", sound), ("/b.jpg", sound), ("c\\d.jpg", sound)]),
        "archive in an archive": lambda _, sound: _zip([("a.zip", _zip([("b.zip", _zip([("c.jpg", sound)]))]))]),
        "archive whose sizes lie": _lying,
        "archive without files": lambda _, __: _zip([]),
        "archive of bad pictures": lambda chance, sound: _zip([(f"{n}.jpg", made(chance, sound)[1]) for n in range(3)]),
    }
)
