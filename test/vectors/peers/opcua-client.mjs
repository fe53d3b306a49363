// Sessions of every kind: anonymous and with password, without policy, signed, and signed and encrypted.
import { OPCUAClient, MessageSecurityMode, SecurityPolicy, UserTokenType, AttributeIds, DataType } from 'node-opcua-client';

const url = 'opc.tcp://10.9.0.1:4840/UA/Press';
async function visit(securityMode, securityPolicy, user, work) {
  const client = OPCUAClient.create({ applicationName: 'Line HMI', securityMode, securityPolicy, endpointMustExist: false,
    connectionStrategy: { maxRetry: 1, initialDelay: 100 } });
  try {
    await client.connect(url);
    if (work === 'endpoints') await client.getEndpoints();
    else {
      const session = await client.createSession(user);
      await work?.(session);
      await session.close();
    }
  } catch (error) { console.log(String(error)); }
  await client.disconnect();
}
const operator = { type: UserTokenType.UserName, userName: 'operator', password: 'hydraulics' };
await visit(MessageSecurityMode.None, SecurityPolicy.None, undefined, 'endpoints');
await visit(MessageSecurityMode.None, SecurityPolicy.None, undefined, async (session) => {
  await session.read(['i=2260', 'i=2261', 'i=2263', 'i=2264', 'i=2255'].map((nodeId) => ({ nodeId, attributeId: AttributeIds.Value })));
  await session.browse('RootFolder');
  console.log(await session.write({ nodeId: 'ns=1;s=Pressure', attributeId: AttributeIds.Value, value: { value: { dataType: DataType.Double, value: 99 } } }));
  console.log(await session.write({ nodeId: 'i=2261', attributeId: AttributeIds.Value, value: { value: { dataType: DataType.String, value: 'no' } } }));
  await session.call({ objectId: 'ns=1;i=1000', methodId: 'ns=1;s=Stop', inputArguments: [] });
});
await visit(MessageSecurityMode.None, SecurityPolicy.None, operator);
await visit(MessageSecurityMode.None, SecurityPolicy.None, { ...operator, password: 'wrong' });
await visit(MessageSecurityMode.Sign, SecurityPolicy.Basic256Sha256, operator, (session) => session.read({ nodeId: 'ns=1;s=Pressure', attributeId: AttributeIds.Value }));
await visit(MessageSecurityMode.SignAndEncrypt, SecurityPolicy.Basic256Sha256, operator, (session) => session.read({ nodeId: 'ns=1;s=Pressure', attributeId: AttributeIds.Value }));
process.exit(0);
