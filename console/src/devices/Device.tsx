/** A device: what it is and how we know, how it stands, what is wrong, whom it talks to, what happened to it. */
import { Button, Textarea } from '@mantine/core';
import { getRouteApi, Link } from '@tanstack/react-router';
import { lazy, Suspense, useState } from 'react';
import { Facts } from '../activity/Facts.tsx';
import { type Answers, call } from '../api/client.ts';
import { useAct, useAsk } from '../frame/queries.ts';
import { useMay } from '../frame/session.tsx';
import { Head, Scroll, Severity, Sheet } from '../parts/page.tsx';
import { Asked, Loading } from '../parts/states.tsx';
import { Time } from '../parts/Time.tsx';
import { bytes, many, nameOf, plain } from '../parts/words.ts';
import { type Details, detailsOf } from './details.ts';

const PeerMap = lazy(() => import('./PeerMap.tsx'));
const route = getRouteApi('/inside/devices/$id');
type Device = Answers['GET /devices/{id}'];

export function Device() {
  const { id } = route.useParams();
  const device = useAsk('GET /devices/{id}', { path: { id } });
  return <Asked of={device}>{(device) => <Known key={device.id} device={device} />}</Asked>;
}

function Known({ device }: { device: Device }) {
  const details = detailsOf(device.details);
  const lead = [device.type && plain(device.type), device.vendor, device.model, device.version];
  const peers = (details.peers ?? []).toSorted(
    (one, other) => other.bytesIn + other.bytesOut - one.bytesIn - one.bytesOut,
  );
  return (
    <>
      <Head title={nameOf(device)} lead={lead.filter(Boolean).join(' · ') || 'Not identified yet'}>
        <Link to="/devices">All devices</Link>
      </Head>
      <div className="tiles">
        <div className="tile">
          <span className="soft">Posture</span>
          <b>
            {device.posture ?? '–'} <small>of 100</small>
          </b>
        </div>
        <Link className="tile" to="/findings" search={{ device: device.id }}>
          <span className="soft">Open findings</span>
          <b>{device.openFindings}</b>
        </Link>
        <div className="tile">
          <span className="soft">Accepted</span>
          <b>{device.acceptedFindings}</b>
        </div>
        <div className="tile">
          <span className="soft">Last seen</span>
          <b>
            <small>
              <Time at={device.lastSeen} />
            </small>
          </b>
        </div>
      </div>
      <div className="columns">
        <div className="stack">
          <Findings device={device} />
          <Peers name={nameOf(device)} peers={peers} />
          <Sheet title="Timeline" more="newest first">
            <Facts device={device.id} />
          </Sheet>
        </div>
        <div className="stack">
          <Identity device={device} details={details} />
          <Services details={details} />
          <Verdicts device={device} />
          <Notes device={device} />
        </div>
      </div>
    </>
  );
}

function Findings({ device }: { device: Device }) {
  const findings = useAsk('GET /findings', {
    query: { device: device.id, state: 'open,accepted', limit: 100 },
  });
  return (
    <Sheet title="Findings">
      <Asked of={findings}>
        {({ items }) =>
          items.length === 0 ? (
            <p className="soft">None is open.</p>
          ) : (
            <ul className="rows">
              {items.map((finding) => (
                <li key={finding.id}>
                  <Link
                    className="line"
                    to="/findings"
                    search={{ device: device.id, state: finding.state, open: finding.id }}
                  >
                    <Severity of={finding.severity} />
                    <span className="grow title">{finding.title}</span>
                    {finding.state === 'accepted' && <span className="small soft">accepted</span>}
                  </Link>
                </li>
              ))}
            </ul>
          )
        }
      </Asked>
    </Sheet>
  );
}

function Identity({ device, details }: { device: Device; details: Details }) {
  const evidence = [...new Set((details.typeEvidence ?? []).map(({ text }) => text))];
  const likely = details.typeCandidates?.[0];
  const rows: readonly (readonly [string, string])[] = [
    ['Site address', details.addresses?.join(', ') || device.address],
    ['MAC', device.mac],
    ['Names', details.names?.join(', ') ?? ''],
    ...Object.entries(details.description ?? {}).map(
      ([name, value]) => [plain(name), value] as const,
    ),
    ['Criticality', plain(device.criticality)],
    ['Given by a person', Object.keys(device.given).join(', ')],
  ];
  return (
    <Sheet title="What it is, and how we know">
      {likely && (
        <p>
          {plain(likely.type)}, {Math.round(likely.probability * 100)} % sure
        </p>
      )}
      {evidence.length > 0 && (
        <ul className="small points">
          {evidence.slice(0, 6).map((text) => (
            <li key={text}>{text}</li>
          ))}
        </ul>
      )}
      <dl className="facts">
        {rows
          .filter(([, value]) => value)
          .map(([name, value]) => (
            <Pair key={name} name={name} value={value} />
          ))}
      </dl>
      {device.tags.length > 0 && (
        <div>
          {device.tags.map((tag) => (
            <span className="chip" key={tag}>
              {tag}
            </span>
          ))}
        </div>
      )}
    </Sheet>
  );
}

const Pair = ({ name, value }: { name: string; value: string }) => (
  <>
    <dt>{name}</dt>
    <dd>{value}</dd>
  </>
);

function Services({ details: { services = [] } }: { details: Details }) {
  return (
    <Sheet title="Services it offers">
      {services.length === 0 ? (
        <p className="soft">None was seen.</p>
      ) : (
        <table className="plain">
          <thead>
            <tr>
              <th>Port</th>
              <th>Protocol</th>
              <th>Product</th>
              <th className="number">Clients</th>
            </tr>
          </thead>
          <tbody>
            {services.map(({ transport, port, protocol, product, clients }) => (
              <tr key={`${transport}/${port}`}>
                <td>
                  <code className="whole">
                    {transport}/{port}
                  </code>
                </td>
                <td>{protocol ?? 'not known'}</td>
                <td>{product ?? ''}</td>
                <td className="number">{clients}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Sheet>
  );
}

function Peers({ name, peers }: { name: string; peers: NonNullable<Details['peers']> }) {
  if (peers.length === 0) return null;
  return (
    <Sheet title="Whom it talks to" more={many(peers.length, 'peer')}>
      <Suspense fallback={<Loading />}>
        <PeerMap name={name} peers={peers} />
      </Suspense>
      <Scroll>
        <table className="plain">
          <thead>
            <tr>
              <th>Peer</th>
              <th>By</th>
              <th className="number">Sent</th>
              <th className="number">Received</th>
            </tr>
          </thead>
          <tbody>
            {peers.slice(0, 100).map((peer) => (
              <tr key={peer.address}>
                <td>
                  {peer.name ?? peer.address}
                  {peer.name && <div className="small soft">{peer.address}</div>}
                </td>
                <td>{peer.services.slice(0, 4).join(', ')}</td>
                <td className="number">{bytes(peer.bytesOut)}</td>
                <td className="number">{bytes(peer.bytesIn)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </Sheet>
  );
}

const VERDICTS = { pass: 'good', fail: 'high', not_visible: 'info' } as const;
const VERDICT_TEXTS = { pass: 'pass', fail: 'fail', not_visible: 'not seen' } as const;

function Verdicts({ device }: { device: Device }) {
  const verdicts = useAsk('GET /devices/{id}/verdicts', { path: { id: device.id } });
  const { data: controls } = useAsk('GET /controls');
  const titleOf = (id: string) => controls?.find((control) => control.id === id)?.title ?? id;
  return (
    <Sheet title="What was checked">
      <Asked of={verdicts}>
        {(verdicts) => (
          <ul className="rows">
            {verdicts
              .filter(({ verdict }) => verdict !== 'not_visible')
              .map(({ control, verdict, why }) => (
                <li className="line" key={control}>
                  <span className={`severity ${VERDICTS[verdict]}`}>{VERDICT_TEXTS[verdict]}</span>
                  <span className="grow">
                    {titleOf(control)} <span className="small soft">{control}</span>
                    {why && <div className="small soft">{why}</div>}
                  </span>
                </li>
              ))}
          </ul>
        )}
      </Asked>
    </Sheet>
  );
}

function Notes({ device }: { device: Device }) {
  const may = useMay();
  const [notes, setNotes] = useState(device.notes);
  const save = useAct(
    () => call('PATCH /devices/{id}', { path: { id: device.id }, body: { notes } }),
    'Saved.',
  );
  if (!may('devices.describe'))
    return device.notes ? (
      <Sheet title="Notes">
        <p>{device.notes}</p>
      </Sheet>
    ) : null;
  return (
    <Sheet title="Notes">
      <Textarea
        aria-label="Notes"
        placeholder="What a colleague should know about it"
        autosize
        minRows={3}
        value={notes}
        onChange={({ currentTarget }) => setNotes(currentTarget.value)}
      />
      {notes !== device.notes && (
        <Button loading={save.isPending} onClick={() => save.mutate()}>
          Save notes
        </Button>
      )}
    </Sheet>
  );
}
