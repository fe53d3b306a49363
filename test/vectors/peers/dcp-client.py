# A PROFINET engineering tool: finds all stations, reads one, gives it another name, resets it, lets it blink.
import struct
import time
from scapy.all import Ether, Raw, sendp

ME, STATION, GROUP = '02:00:00:00:09:02', '02:00:00:00:09:01', '01:0e:cf:00:00:00'


def ask(to, frame_id, service, xid, data, delay=0):
    head = struct.pack('>HBBIHH', frame_id, service, 0, xid, delay, len(data))
    sendp(Ether(src=ME, dst=to, type=0x8892) / Raw((head + data).ljust(46, b'\0')), iface='cable', verbose=0)
    time.sleep(1)


ask(GROUP, 0xfefe, 5, 0x1001, bytes.fromhex('ffff0000'), 1)
ask(STATION, 0xfefd, 3, 0x1002, bytes.fromhex('02020102'))
ask(STATION, 0xfefd, 4, 0x1003, bytes.fromhex('0202000b0001') + b'renamed-7' + b'\0')
ask(STATION, 0xfefd, 4, 0x1004, bytes.fromhex('050600020004'))
ask(STATION, 0xfefd, 4, 0x1005, bytes.fromhex('0503000400000100'))
