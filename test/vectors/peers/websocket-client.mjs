// Text, binary, fragments, a long message and a close; once with compression, once without.
import WebSocket from 'ws';
for (const perMessageDeflate of [true, false]) {
  const socket = new WebSocket('ws://10.9.0.1:8084/events?token=abcdef123456', 'telemetry.v1', { perMessageDeflate });
  let answers = 0;
  await new Promise((done) => {
    socket.on('open', () => {
      socket.send('{"temperature": 21.5}');
      socket.send(Buffer.alloc(9_000, 7));
      socket.send('first part, ', { fin: false });
      socket.send('second part', { fin: true });
      socket.ping('are you there');
    });
    socket.on('message', () => { if (++answers === 3) socket.close(1000, 'done'); });
    socket.on('close', done);
    setTimeout(done, 3000);
  });
}
process.exit(0);
