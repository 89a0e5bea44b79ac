#!/usr/bin/env python3
"""A second reading of Chiral's content names, in another language and from the specifications alone.

    verify.py content.json     checks every vector; exits 1 at the first that differs
    verify.py --write FILE     writes the vectors (the sizes below) as this program sees them

Specifications: BEP 52 (pieces root), dag-cbor (canonical maps: keys by length, then bytes), CIDv1, multihash.
Content of a vector, so that no file is needed: SHA-256 of (seed, counter), both 4 bytes big-endian, counter from 0, joined
and cut to size.
"""
import base64
import hashlib
import json
import sys

LEAF = 16384
SIZES = [0, 1, 16383, 16384, 16385, 65536, 65537, 262143, 262144, 262145, 278528, 524288, 1048576, 1048577, 3000000]


def sha(data):
    return hashlib.sha256(data).digest()


def data_of(size, seed):
    blocks = (sha(seed.to_bytes(4, "big") + i.to_bytes(4, "big")) for i in range(-(-size // 32)))
    return b"".join(blocks)[:size]


def rows(data):
    """The tree from its leaves to its root; BEP 52 pads the leaf row with zero hashes to a power of two."""
    leaves = [sha(data[i:i + LEAF]) for i in range(0, len(data), LEAF)]
    width = 1
    while width < len(leaves):
        width *= 2
    row = leaves + [bytes(32)] * (width - len(leaves))
    out = [row]
    while len(row) > 1:
        row = [sha(row[i] + row[i + 1]) for i in range(0, len(row), 2)]
        out.append(row)
    return out


def cbor_head(major, value):
    if value < 24:
        return bytes([major << 5 | value])
    for size, code in ((1, 24), (2, 25), (4, 26), (8, 27)):
        if value < 1 << (8 * size):
            return bytes([major << 5 | code]) + value.to_bytes(size, "big")
    raise ValueError(value)


def cbor(value):
    if isinstance(value, int):
        return cbor_head(0, value)
    if isinstance(value, bytes):
        return cbor_head(2, len(value)) + value
    if isinstance(value, str):
        return cbor_head(3, len(value.encode())) + value.encode()
    items = sorted(value.items(), key=lambda item: (len(item[0]), item[0].encode()))
    return cbor_head(5, len(items)) + b"".join(cbor(k) + cbor(v) for k, v in items)


def cid(codec, digest):
    raw = bytes([1, codec, 0x12, 32]) + digest
    return "b" + base64.b32encode(raw).decode().lower().rstrip("=")


def vector(size, seed):
    data = data_of(size, seed)
    whole = sha(data)
    tree = rows(data) if size else [[bytes(32)]]
    chunks = -(-size // (16 * LEAF))
    layer = tree[min(4, len(tree) - 1)][:chunks]
    manifest = cbor({"v": 1, "size": size, "root": tree[-1][0], "sha256": whole})
    return {
        "size": size,
        "seed": seed,
        "sha256": whole.hex(),
        "root": tree[-1][0].hex(),
        "layer": [h.hex() for h in layer],
        "manifest": manifest.hex(),
        "cid": cid(0x71, sha(manifest)),
        "alias": cid(0x55, whole),
    }


def main():
    if sys.argv[1] == "--write":
        vectors = [vector(size, index) for index, size in enumerate(SIZES)]
        with open(sys.argv[2], "w") as out:
            json.dump(vectors, out, indent=1)
            out.write("\n")
        return
    with open(sys.argv[1]) as source:
        vectors = json.load(source)
    for given in vectors:
        mine = vector(given["size"], given["seed"])
        if mine != given:
            sys.exit(f"vector of {given['size']} bytes differs: {mine} is not {given}")
    print(f"{len(vectors)} vectors agree")


main()
