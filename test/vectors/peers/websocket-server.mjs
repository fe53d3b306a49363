// MQTT over WebSocket on 8083 (aedes), and on 8084 a WebSocket that compresses and echoes.
import { createServer } from 'node:http';
import { Aedes } from 'aedes';
import { createWebSocketStream, WebSocketServer } from 'ws';
const broker = await Aedes.createBroker();
broker.authenticate = (_client, user, password, done) => done(null, user === undefined || String(password) === 'secret-of-sensor');
const http = createServer();
new WebSocketServer({ server: http }).on('connection', (socket, request) => broker.handle(createWebSocketStream(socket), request));
http.listen(8083);
new WebSocketServer({ port: 8084, perMessageDeflate: { threshold: 0 } }).on('connection', (socket) => socket.on('message', (data, binary) => socket.send(data, { binary })));
