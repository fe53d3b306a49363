"""SSDP, both roles: `ssdp.py device ADDRESS` announces and answers, `ssdp.py search ADDRESS` asks and prints answers."""
import socket
import struct
import sys

GROUP = ('239.255.255.250', 1900)
role, address = sys.argv[1:]
UUID = 'uuid:5afec0de-0020-4000-8000-08ea403f2a10'
DESCRIPTION = (f'LOCATION: http://{address}/description.xml\r\nCACHE-CONTROL: max-age=1800\r\n'
               'SERVER: Linux/3.10.14 UPnP/1.0 PeekCam-IPC/1.0.3\r\n')

sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(address))
sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 2)

if role == 'search':
    sock.bind((address, 0))
    sock.settimeout(2)
    sock.sendto(b'M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: "ssdp:discover"\r\nMX: 1\r\nST: ssdp:all\r\n\r\n', GROUP)
    try:
        while True:
            print(sock.recv(2048).decode('utf-8', 'replace'))
    except TimeoutError:
        sys.exit(0)

sock.bind(('', 1900))
sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, struct.pack('4s4s', socket.inet_aton(GROUP[0]), socket.inet_aton(address)))
for target in ('upnp:rootdevice', UUID, 'urn:schemas-upnp-org:device:Basic:1'):
    usn = target if target == UUID else f'{UUID}::{target}'
    sock.sendto(f'NOTIFY * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nNT: {target}\r\nNTS: ssdp:alive\r\nUSN: {usn}\r\n{DESCRIPTION}\r\n'.encode(), GROUP)
while True:
    request, peer = sock.recvfrom(2048)
    if request.startswith(b'M-SEARCH') and (b'ssdp:all' in request or b'upnp:rootdevice' in request):
        sock.sendto(f'HTTP/1.1 200 OK\r\nEXT:\r\nST: upnp:rootdevice\r\nUSN: {UUID}::upnp:rootdevice\r\n{DESCRIPTION}\r\n'.encode(), peer)
