/** Who is who in an exchange that a flow may show the wrong way round (its opening unseen, or a server that speaks first). */
import type { Direction, Flow } from '../decoder.ts';
import type { Parties } from '../observations.ts';

/** The parties of a flow with whoever sent in `direction` as client. */
export function senderAsClient(flow: Flow, direction: Direction): Parties {
  return direction === 0 ? flow : reversed(flow);
}

/** The parties of a flow with whoever sent in `direction` as server. */
export function senderAsServer(flow: Flow, direction: Direction): Parties {
  return direction === 1 ? flow : reversed(flow);
}

function reversed(flow: Flow): Parties {
  return {
    carrier: flow.carrier,
    client: flow.server,
    server: flow.client,
    clientPort: flow.serverPort,
    serverPort: flow.clientPort,
    openingSeen: flow.openingSeen,
    multicast: false,
  };
}
