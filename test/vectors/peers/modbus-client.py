# Asks a Modbus server for everything that pymodbus can ask. usage: modbus-client.py tcp|udp
import sys
from pymodbus.client import ModbusTcpClient, ModbusUdpClient
from pymodbus.diag_message import ForceListenOnlyModeRequest, RestartCommunicationsOptionRequest, ReturnQueryDataRequest
from pymodbus.file_message import FileRecord, ReadFifoQueueRequest, ReadFileRecordRequest, WriteFileRecordRequest
from pymodbus.mei_message import ReadDeviceInformationRequest
from pymodbus.other_message import GetCommEventCounterRequest, GetCommEventLogRequest, ReadExceptionStatusRequest, ReportSlaveIdRequest

client = (ModbusTcpClient if sys.argv[1] == 'tcp' else ModbusUdpClient)('10.9.0.1', port=502)
client.connect()
client.read_coils(1, 10, slave=1)
client.read_discrete_inputs(1, 17, slave=1)
client.read_holding_registers(1, 3, slave=1)
client.read_input_registers(1, 125, slave=1)
client.write_coil(2, True, slave=1)
client.write_register(3, 1234, slave=1)
client.write_coils(4, [True, False, True], slave=1)
client.write_registers(5, [1, 2, 65535], slave=1)
client.mask_write_register(6, 0x00F2, 0x0025, slave=1)
client.readwrite_registers(read_address=1, read_count=4, write_address=10, write_registers=[7, 8], slave=1)
client.read_holding_registers(5000, 10, slave=1)  # beyond the data: refused
client.write_register(5000, 1, slave=1)  # refused as well
for request in (
    ReadExceptionStatusRequest(unit=1), ReturnQueryDataRequest(0x1234, unit=1), GetCommEventCounterRequest(unit=1),
    GetCommEventLogRequest(unit=1), ReportSlaveIdRequest(unit=1),
    ReadFileRecordRequest([FileRecord(file_number=4, record_number=1, record_length=2)], unit=1),
    WriteFileRecordRequest([FileRecord(file_number=4, record_number=1, record_data=b'\x00\x01')], unit=1),
    ReadFifoQueueRequest(0x04DE, unit=1),
    ReadDeviceInformationRequest(1, 0, unit=1), ReadDeviceInformationRequest(2, 0, unit=1),
    RestartCommunicationsOptionRequest(unit=1),
):
    try:
        client.execute(request)
    except Exception as error:
        print(type(request).__name__, error)
client.close()
