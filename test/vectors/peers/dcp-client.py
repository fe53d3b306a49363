# A PROFINET engineering tool: identifies all stations, then gives one another name and address.
from scapy.all import Ether, sendp
from scapy.contrib.pnio import ProfinetIO
from scapy.contrib.pnio_dcp import *
import time
me, station = '02:00:00:00:09:02', '02:00:00:00:09:01'
sendp(Ether(src=me, dst='01:0e:cf:00:00:00', type=0x8892) / ProfinetIO(frameID=0xfefe) / ProfinetDCP(service_id=5, service_type=0, xid=0x1001, reserved=1, option=255, sub_option=255, dcp_data_length=4), iface='cable', verbose=0)
time.sleep(1)
for block in (DCPNameOfStationBlock(name_of_station='renamed-7'),):
    data = block
    sendp(Ether(src=me, dst=station, type=0x8892) / ProfinetIO(frameID=0xfefd) / ProfinetDCP(service_id=4, service_type=0, xid=0x1002, reserved=0, option=2, sub_option=2, dcp_block_length=2 + 9, block_qualifier=1, name_of_station='renamed-7', dcp_data_length=4 + 2 + 9 + 1), iface='cable', verbose=0)
time.sleep(1)
