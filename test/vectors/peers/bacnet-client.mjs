// An operator workstation: finds the device, reads who it is, writes, and tries to restart it.
import Bacnet from 'node-bacnet';
const E = Bacnet.enum;
const client = new Bacnet({ interface: '10.9.0.2', broadcastAddress: '10.9.0.255', apduTimeout: 3000 });
const to = { address: '10.9.0.1' };
const run = (name, ...args) => new Promise((done) => client[name](...args, (error, value) => { console.log(name, String(error), JSON.stringify(value)); done(); }));
client.whoIs();
await new Promise((done) => setTimeout(done, 500));
const device = { type: 8, instance: 2749 };
for (const id of [77, 121, 70, 44, 12, 58, 372, 9999]) await run('readProperty', to, device, id);
await run('readPropertyMultiple', to, [{ objectId: device, properties: [{ id: 77 }, { id: 121 }] }]);
await run('writeProperty', to, { type: 2, instance: 7 }, 85, [{ type: E.ApplicationTag.REAL, value: 99.5 }], { priority: 8 });
await run('writeProperty', to, { type: 0, instance: 1 }, 85, [{ type: E.ApplicationTag.REAL, value: 1 }]);
await run('deviceCommunicationControl', to, 10, 1, { password: 'filister' });
await run('reinitializeDevice', to, 1, { password: 'wrong' });
await run('subscribeCov', to, { type: 2, instance: 7 }, 7, false, true, 300);
client.timeSync({ address: '10.9.0.255' }, new Date(0));
await new Promise((done) => setTimeout(done, 500));
process.exit(0);
