# ruff: noqa: PT009, PT027 -- runs under micropython-lib unittest, which has no pytest
"""The wire vectors under MicroPython. Run by test_driver.py with the vectors' path in VECTORS."""

import json
import os
import unittest

import wire

with open(os.getenv("VECTORS")) as file:
    VECTORS = json.load(file)


class WireTest(unittest.TestCase):
    def test_crc(self):
        for vector in VECTORS["crc"]:
            self.assertEqual(wire.crc16(bytes.fromhex(vector["data"])), vector["crc"])

    def test_cobs(self):
        for vector in VECTORS["cobs"]:
            data, text = bytes.fromhex(vector["data"]), bytes.fromhex(vector["text"])
            self.assertEqual(wire.cobs_encode(data), text)
            self.assertEqual(wire.cobs_decode(text), data)

    def test_frames_byte_by_byte(self):
        decoder = wire.Decoder()
        for vector in VECTORS["frames"]:
            frame = bytes.fromhex(vector["frame"])
            fields = (vector["type"], vector["seq"], bytes.fromhex(vector["payload"]))
            self.assertEqual(wire.encode(*fields), frame)
            found = []
            for octet in frame:
                found += decoder.feed(bytes([octet]))
            self.assertEqual(found, [fields])

    def test_bad(self):
        for vector in VECTORS["bad"]:
            with self.assertRaises(ValueError):
                wire.decode(bytes.fromhex(vector["text"]))


if __name__ == "__main__":
    unittest.main()
