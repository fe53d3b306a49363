// Snap7's client: says who it talks to, reads, writes, is refused, signs in, stops and starts.
import snap7 from 'node-snap7';

const client = new snap7.S7Client();
const tell = (what, value) => console.log(what, value === false ? client.ErrorText(client.LastError()) : value);
tell('connect', client.ConnectTo('10.9.0.1', 0, 2));
tell('order', client.GetOrderCode());
tell('cpu', client.GetCpuInfo());
tell('cp', client.GetCpInfo());
tell('status', client.PlcStatus());
tell('read', client.DBRead(1, 0, 8));
tell('write', client.DBWrite(1, 4, 2, Buffer.from([1, 2])));
tell('flags', client.MBWrite(3, 1, Buffer.from([255])));
tell('refused', client.DBWrite(9, 0, 1, Buffer.from([1])));
tell(
  'several',
  client.ReadMultiVars([
    { Area: client.S7AreaDB, WordLen: client.S7WLByte, DBNumber: 1, Start: 0, Amount: 3 },
    { Area: client.S7AreaMK, WordLen: client.S7WLWord, Start: 2, Amount: 2 },
    { Area: client.S7AreaDB, WordLen: client.S7WLReal, DBNumber: 7, Start: 0, Amount: 1 },
  ]),
);
tell('blocks', client.ListBlocks());
tell('time', client.GetPlcDateTime());
tell('password', client.SetSessionPassword('hunter2'));
tell('stop', client.PlcStop());
tell('cold', client.PlcColdStart());
tell('hot', client.PlcHotStart());
client.Disconnect();
