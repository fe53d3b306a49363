// An MQTT client over WebSocket: usage mqtt-client.mjs URL [USER PASSWORD].
import mqtt from 'mqtt';
const [, , url, username, password] = process.argv;
const client = await mqtt.connectAsync(url, { username, password, clientId: 'sensor-12', reconnectPeriod: 0 });
await client.subscribeAsync('commands/#');
await client.publishAsync('readings/temperature', '21.5');
await client.publishAsync('readings/large', 'x'.repeat(20_000), { qos: 1 });
await client.endAsync();
process.exit(0);
