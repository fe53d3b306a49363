# A PROFINET device that answers DCP, its blocks put together by hand.
import struct
from scapy.all import Ether, Raw, raw, sendp, sniff

ME = '02:00:00:00:09:01'


def block(option, suboption, data, info=b'\0\0'):
    data = info + data
    return struct.pack('>BBH', option, suboption, len(data)) + data + b'\0' * (len(data) & 1)


def reply(to, frame_id, service, xid, *blocks):
    data = b''.join(blocks)
    head = struct.pack('>HBBIHH', frame_id, service, 1, xid, 0, len(data))
    sendp(Ether(src=ME, dst=to, type=0x8892) / Raw((head + data).ljust(46, b'\0')), iface='cable', verbose=0)


def answer(frame):
    if frame.src == ME or frame.type != 0x8892:
        return
    dcp = raw(frame.payload)[2:]
    service, kind, xid = dcp[0], dcp[1], int.from_bytes(dcp[2:6], 'big')
    if (service, kind) == (5, 0):
        address = bytes([10, 9, 0, 1, 255, 255, 255, 0, 10, 9, 0, 254])
        reply(frame.src, 0xfeff, 5, xid, block(2, 1, b'SINAMICS G120'), block(2, 2, b'conveyor-drive-7'),
              block(2, 3, bytes.fromhex('002a0a01')), block(2, 4, b'\1\0'), block(1, 2, address, b'\0\1'))
    elif (service, kind) == (4, 0):
        reply(frame.src, 0xfefd, 4, xid, block(5, 4, bytes([dcp[10], dcp[11], 0]), b''))


print('ready', flush=True)
sniff(iface='cable', prn=answer, timeout=20, store=0)
