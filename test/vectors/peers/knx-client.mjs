// A visualisation: opens a tunnel through the gateway, reads and writes group addresses; and a search by hand.
import dgram from 'node:dgram';
import knx from 'knx';
const socket = dgram.createSocket('udp4');
const hpai = (port) => Buffer.from([8, 1, 10, 9, 0, 2, port >> 8, port & 255]);
await new Promise((done) => socket.bind(40000, '10.9.0.2', done));
socket.send(Buffer.concat([Buffer.from('06100201000e', 'hex'), hpai(40000)]), 3671, '224.0.23.12');
socket.send(Buffer.concat([Buffer.from('06100203000e', 'hex'), hpai(40000)]), 3671, '10.9.0.1');
await new Promise((done) => setTimeout(done, 1000));
const connection = new knx.Connection({ ipAddr: '10.9.0.1', ipPort: 3671, interface: 'cable', physAddr: '15.15.15', forceTunneling: true, suppress_ack_ldatareq: false,
  handlers: { connected() {
    connection.write('1/2/3', 1, 'DPT1.001');
    connection.read('1/2/4');
    setTimeout(() => connection.Disconnect(() => process.exit(0)), 2000);
  } } });
setTimeout(() => process.exit(0), 8000);
