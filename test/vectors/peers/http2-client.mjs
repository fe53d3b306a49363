// Many streams on one connection, the same fields again and again, so that the dynamic table is used.
import http2 from 'node:http2';
const session = http2.connect('http://10.9.0.1:8080');
const ask = (headers, body) => new Promise((done) => {
  const stream = session.request({ 'user-agent': 'panel/1.0', ...headers }, { endStream: body === undefined });
  stream.on('response', (answer) => console.log(headers[':path'], answer[':status']));
  stream.on('close', done); stream.on('error', done); stream.resume();
  if (body !== undefined) stream.end(body);
});
await ask({ ':path': '/' });
await ask({ ':path': '/private' });
await ask({ ':path': '/private', authorization: `Basic ${Buffer.from('admin:hunter2').toString('base64')}` });
await ask({ ':path': '/login', ':method': 'POST', 'content-type': 'application/x-www-form-urlencoded' }, 'username=ada&password=lovelace');
await ask({ ':path': '/firmware' });
await ask({ ':path': '/hub.Control/Open', ':method': 'POST', 'content-type': 'application/grpc', te: 'trailers' }, Buffer.from('00000000020801', 'hex'));
await Promise.all(Array.from({ length: 8 }, (_, i) => ask({ ':path': `/page/${i}`, 'x-request': String(i) })));
session.close();
