# Asks for mappings by PCP (RFC 6887): one that may be granted, one in a version that nobody has, and one that may not be.
import socket
import struct

V4 = bytes(10) + b"\xff\xff"
gateway = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
gateway.connect(("10.9.0.1", 5351))
gateway.settimeout(2)


def mapping(version, port, nonce):
    head = struct.pack("!BBHI", version, 1, 0, 3600) + V4 + socket.inet_aton("10.9.0.2")
    return head + nonce * 12 + struct.pack("!B3xHH", 6, port, port) + V4 + bytes(4)


for version, port in ((2, 8443), (7, 8443), (2, 23)):
    gateway.send(mapping(version, port, bytes([port & 255])))
    try:
        gateway.recv(1100)
    except TimeoutError:
        pass
