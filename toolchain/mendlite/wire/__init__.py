"""The framed protocol between host and board: bytes in, values out; no port is opened here."""
