// A BACnet device that answers by hand what node-bacnet hands on.
import Bacnet from 'node-bacnet';
const E = Bacnet.enum;
const device = new Bacnet({ broadcastAddress: '10.9.0.255', apduTimeout: 3000 });
const back = (message) => message.header?.sender ?? { address: '10.9.0.2' };
device.on('whoIs', () => device.iAmResponse(null, 2749, E.Segmentation.NO_SEGMENTATION, 260));
const texts = { 77: 'Chiller 2', 121: 'Example Climate', 70: 'CX-900', 44: '4.1.7', 12: 'app 2.2', 58: 'roof, east', 28: 'Chiller controller', 372: 'SN-10042' };
device.on('readProperty', (message) => {
  const { objectId, property } = message.payload;
  const text = texts[property.id];
  if (text === undefined) device.errorResponse(back(message), E.ConfirmedServiceChoice.READ_PROPERTY, message.invokeId, 2, 32);
  else device.readPropertyResponse(back(message), message.invokeId, objectId, property, [{ type: E.ApplicationTag.CHARACTER_STRING, value: text }]);
});
device.on('writeProperty', (message) => {
  if (message.payload.objectId.type === 0) device.errorResponse(back(message), E.ConfirmedServiceChoice.WRITE_PROPERTY, message.invokeId, 2, 40);
  else device.simpleAckResponse(back(message), E.ConfirmedServiceChoice.WRITE_PROPERTY, message.invokeId);
});
device.on('deviceCommunicationControl', (message) => device.simpleAckResponse(back(message), 17, message.invokeId));
device.on('reinitializeDevice', (message) => device.errorResponse(back(message), 20, message.invokeId, 4, 26));
device.on('subscribeCov', (message) => device.simpleAckResponse(back(message), 5, message.invokeId));
device.on('error', (error) => console.log(error));
