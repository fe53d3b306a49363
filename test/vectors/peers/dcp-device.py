# A PROFINET device that answers DCP, made of Scapy's layers.
from scapy.all import Ether, sendp, sniff
from scapy.contrib.pnio import ProfinetIO
from scapy.contrib.pnio_dcp import *
ME = '02:00:00:00:09:01'
def answer(frame):
    if frame.src == ME or DCP not in None.__class__.__mro__ and ProfinetDCP not in frame: return
    dcp = frame[ProfinetDCP]
    head = Ether(src=ME, dst=frame.src, type=0x8892)
    if dcp.service_id == 5 and dcp.service_type == 0:
        blocks = DCPNameOfStationBlock(name_of_station='conveyor-drive-7') / DCPIPBlock(ip='10.9.0.1', netmask='255.255.255.0', gateway='10.9.0.254') / DCPDeviceIDBlock(vendor_id=0x002a, device_id=0x0a01) / DCPManufacturerSpecificBlock(device_vendor_value='SINAMICS G120')
        sendp(head / ProfinetIO(frameID=0xfeff) / ProfinetDCP(service_id=5, service_type=1, xid=dcp.xid, reserved=0, dcp_data_length=len(blocks)) / blocks, iface='cable', verbose=0)
    elif dcp.service_id == 4 and dcp.service_type == 0:
        block = DCPControlBlock(response=0)
        sendp(head / ProfinetIO(frameID=0xfefd) / ProfinetDCP(service_id=4, service_type=1, xid=dcp.xid, reserved=0, dcp_data_length=len(block)) / block, iface='cable', verbose=0)
sniff(iface='cable', filter='ether proto 0x8892', prn=answer, timeout=20)
