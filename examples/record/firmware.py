"""Writes a firmware image of 96 KiB: a U-Boot header with correct checksums (magic 27 05 19 56) before filler bytes."""
import random
import struct
import sys
import zlib

body = random.Random(20).randbytes(96 * 1024)
fields = [0x27051956, 0, 1767225600, len(body), 0x80008000, 0x80008000, zlib.crc32(body)]
tail = struct.pack('>4B32s', 5, 2, 2, 0, b'peekcam-1.0.4')  # Linux, ARM, kernel, no compression
fields[1] = zlib.crc32(struct.pack('>7I', *fields) + tail)
with open(sys.argv[1], 'wb') as image:
    image.write(struct.pack('>7I', *fields) + tail + body)
