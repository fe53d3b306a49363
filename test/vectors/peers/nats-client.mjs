// NATS: an account with its password in clear, one that is refused.
import { connect } from 'nats';
const client = await connect({ servers: '10.9.0.1', user: 'device', pass: 's3cr3t', name: 'gate-2' });
const subscription = client.subscribe('gate.*');
client.publish('gate.open', '1');
await client.flush();
subscription.unsubscribe();
await client.drain();
await connect({ servers: '10.9.0.1', user: 'device', pass: 'wrong', maxReconnectAttempts: 0 }).catch((error) => console.log(String(error)));
process.exit(0);
