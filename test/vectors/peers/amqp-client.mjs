// AMQP 0-9-1: an account with its password in clear, one that is refused, messages both ways.
import amqp from 'amqplib';
const connection = await amqp.connect('amqp://guest:guest@10.9.0.1:5672/', { clientProperties: { connection_name: 'meter-17' } });
const channel = await connection.createChannel();
await channel.assertQueue('readings');
channel.sendToQueue('readings', Buffer.from('{"kwh":17}'), { contentType: 'application/json' });
await new Promise((done) => channel.consume('readings', (message) => { channel.ack(message); done(); }));
await channel.close();
await connection.close();
await amqp.connect('amqp://guest:wrong@10.9.0.1:5672/').catch((error) => console.log(String(error)));
process.exit(0);
