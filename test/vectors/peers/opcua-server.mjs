// An OPC UA server with every policy and kind of user, and one variable that may be written.
import { OPCUACertificateManager } from 'node-opcua-certificate-manager';
import { OPCUAServer } from 'node-opcua-server';
import { Variant, DataType } from 'node-opcua-variant';

const serverCertificateManager = new OPCUACertificateManager({ automaticallyAcceptUnknownCertificate: true, rootFolder: `${process.env.HOME}/pki` });
await serverCertificateManager.initialize();
const server = new OPCUAServer({
  serverCertificateManager,
  port: 4840,
  hostname: '10.9.0.1',
  resourcePath: '/UA/Press',
  buildInfo: { productName: 'PressController', buildNumber: '77', manufacturerName: 'Example Works', softwareVersion: '3.4.1', productUri: 'urn:example:press', buildDate: new Date(2024, 1, 1) },
  serverInfo: { applicationName: { text: 'Press 4', locale: 'en' }, applicationUri: 'urn:press4', productUri: 'urn:example:press' },
  userManager: { isValidUser: (name, password) => name === 'operator' && password === 'hydraulics' },
  allowAnonymous: true,
});
await server.initialize();
const space = server.engine.addressSpace;
const own = space.getOwnNamespace();
const device = own.addObject({ organizedBy: space.rootFolder.objects, browseName: 'Press' });
let value = 20;
own.addVariable({ componentOf: device, browseName: 'Pressure', nodeId: 's=Pressure', dataType: 'Double', minimumSamplingInterval: 100,
  value: { get: () => new Variant({ dataType: DataType.Double, value }), set: (v) => { value = v.value; return { value: 0, name: 'Good', isGood: () => true, isNotGood: () => false }; } } });
const method = own.addMethod(device, { browseName: 'Stop', nodeId: 's=Stop', inputArguments: [], outputArguments: [] });
method.bindMethod((_in, _context, done) => done(null, { statusCode: { value: 0, name: 'Good' }, outputArguments: [] }));
await server.start();
