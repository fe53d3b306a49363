// HTTP/2 in clear, with prior knowledge: pages, a sign-in, a large file, a gRPC call.
import http2 from 'node:http2';
http2.createServer().on('stream', (stream, headers) => {
  const path = headers[':path'];
  const answer = (fields, body) => { stream.respond({ server: 'hub/4.2', ...fields }); stream.end(body); };
  if (path === '/private' && !headers.authorization) answer({ ':status': 401, 'www-authenticate': 'Basic realm="hub"' }, '');
  else if (path === '/login') answer({ ':status': 200, 'content-type': 'application/json', 'set-cookie': 'session=0123456789abcdef' }, '{"token":"t0p-s3cret-token"}');
  else if (path === '/firmware') answer({ ':status': 200, 'content-type': 'application/octet-stream' }, Buffer.concat([Buffer.from('27051956', 'hex'), Buffer.alloc(100_000, 1)]));
  else if (path === '/hub.Control/Open') { stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true }); stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' })); stream.end(Buffer.from('00000000020801', 'hex')); }
  else answer({ ':status': 200, 'content-type': 'text/html; charset=utf-8' }, '<html><title>Hub</title><body>hello</body></html>');
}).listen(8080, '10.9.0.1');
