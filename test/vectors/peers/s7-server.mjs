// Snap7's server: a controller with a data block, flags and inputs.
import snap7 from 'node-snap7';

const server = new snap7.S7Server();
server.RegisterArea(server.srvAreaDB, 1, Buffer.alloc(64, 7));
server.RegisterArea(server.srvAreaMK, Buffer.alloc(16));
server.RegisterArea(server.srvAreaPA, Buffer.alloc(16));
if (!server.StartTo('10.9.0.1')) throw new Error(server.ErrorText(server.LastError()));
setInterval(() => {}, 1000);
