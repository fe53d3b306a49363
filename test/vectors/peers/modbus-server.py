# A Modbus server with an identity, over TCP or UDP. usage: modbus-server.py tcp|udp
import sys
from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.device import ModbusDeviceIdentification
from pymodbus.server import StartTcpServer, StartUdpServer

block = lambda: ModbusSequentialDataBlock(0, [17] * 200)
store = ModbusSlaveContext(di=block(), co=block(), hr=block(), ir=block())
identity = ModbusDeviceIdentification(info_name={
    'VendorName': 'Northwind Controls', 'ProductCode': 'NW-PLC', 'MajorMinorRevision': '4.2.1',
    'VendorUrl': 'https://northwind.example', 'ProductName': 'Northwind PLC 300', 'ModelName': 'NW-300',
    'UserApplicationName': 'Pump house',
})
start = StartTcpServer if sys.argv[1] == 'tcp' else StartUdpServer
start(context=ModbusServerContext(slaves=store, single=True), identity=identity, address=('10.9.0.1', 502))
