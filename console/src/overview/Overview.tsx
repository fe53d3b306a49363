/** What needs me now, how the fleet stands and what moved it; for a newcomer, the way to the first scan. */
import { Link } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { UploadButton } from '../audits/UploadButton.tsx';
import { useAsk } from '../frame/queries.ts';
import { May, useMay, useMe } from '../frame/session.tsx';
import { Head, Severity, Sheet } from '../parts/page.tsx';
import { Asked, Empty, Loading } from '../parts/states.tsx';
import { Time } from '../parts/Time.tsx';
import { many } from '../parts/words.ts';

const Trend = lazy(() => import('./Trend.tsx'));
const WEEKS_2_MS = 14 * 86_400_000;

export function Overview() {
  const may = useMay();
  const { data: me } = useMe();
  const devices = useAsk('GET /devices/count', {}, may('devices.read'));
  return (
    <>
      <Head
        title="Overview"
        lead={`Hello ${me?.name.split(' ')[0] ?? ''}. This is what needs you.`}
      >
        {devices.data && devices.data.count > 0 && <UploadButton />}
      </Head>
      <Asked of={devices}>
        {({ count }) => (count === 0 ? <FirstScan /> : <Full devices={count} />)}
      </Asked>
    </>
  );
}

function FirstScan() {
  return (
    <section className="sheet">
      <Empty title="Your fleet appears here after the first capture">
        <p>
          Fleetward reads recorded network traffic, names every device in it, checks each one and
          shows the packets that prove what it says. Nothing is installed on a device.
        </p>
        <May permission="audits.run">
          <UploadButton />
        </May>
        <p className="small">
          No capture at hand? Record five minutes on your gateway:
          <br />
          <code>tcpdump -i eth0 -w site.pcap</code>
        </p>
      </Empty>
    </section>
  );
}

function Full({ devices }: { devices: number }) {
  const may = useMay();
  const posture = useAsk('GET /posture', {}, may('posture.read'));
  const high = useAsk('GET /findings/count', { query: { severity: 4 } });
  const accepted = useAsk('GET /findings/count', {
    query: { state: 'accepted', expiresBefore: roundedNow() + WEEKS_2_MS },
  });
  const now = posture.data?.points.at(-1);
  return (
    <>
      <div className="tiles">
        <div className="tile">
          <span className="soft">Posture now</span>
          <b>
            {now?.score ?? '–'} <small>of 100</small>
          </b>
        </div>
        <Link className="tile" to="/findings" search={{ severity: '4' }}>
          <span className="soft">Critical and high, open</span>
          <b>{high.data?.count.toLocaleString() ?? '–'}</b>
        </Link>
        <Link className="tile" to="/devices" search={{ sort: 'worst', order: 'desc' }}>
          <span className="soft">Devices</span>
          <b>{devices.toLocaleString()}</b>
        </Link>
        <Link className="tile" to="/findings" search={{ state: 'accepted' }}>
          <span className="soft">Acceptances ending soon</span>
          <b>{accepted.data?.count.toLocaleString() ?? '–'}</b>
        </Link>
      </div>
      <div className="columns">
        <div className="stack">
          <Worst />
          <May permission="posture.read">
            <Sheet title="Posture over 90 days" more="100 is every judged control passed">
              <Asked of={posture}>
                {({ points }) => (
                  <Suspense fallback={<Loading />}>
                    <Trend points={points} />
                  </Suspense>
                )}
              </Asked>
            </Sheet>
          </May>
        </div>
        <div className="stack">
          <RiskiestDevices />
          <Moves of={posture.data?.moves ?? []} />
          <Jobs />
        </div>
      </div>
    </>
  );
}

/** To the minute, so that the question stays the same while one looks. */
const roundedNow = () => Math.floor(Date.now() / 60_000) * 60_000;

function Worst() {
  const worst = useAsk('GET /findings', { query: { limit: 8 } });
  return (
    <Sheet title="Needs you first" more={<Link to="/findings">All open findings</Link>}>
      <Asked of={worst}>
        {({ items }) =>
          items.length === 0 ? (
            <p className="soft">No open finding. That is how it should be.</p>
          ) : (
            <ul className="rows">
              {items.map((finding) => (
                <li key={finding.id}>
                  <Link className="line" to="/findings" search={{ open: finding.id }}>
                    <Severity of={finding.severity} />
                    <span className="grow">
                      <span className="title">{finding.title}</span>
                      <div className="small soft">{finding.deviceName}</div>
                    </span>
                    <span className="small soft">
                      <Time at={finding.opened} />
                    </span>
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

function RiskiestDevices() {
  const devices = useAsk('GET /devices', { query: { limit: 5, sort: 'worst', order: 'desc' } });
  return (
    <Sheet title="Riskiest devices" more="posture, by the worst finding">
      <Asked of={devices}>
        {({ items }) => (
          <ul className="rows">
            {items.map((device) => (
              <li key={device.id}>
                <Link className="line" to="/devices/$id" params={{ id: device.id }}>
                  <span className="grow title">{device.name || device.address || device.mac}</span>
                  <span className="small soft">{many(device.openFindings, 'open finding')}</span>
                  <b>{device.posture ?? '–'}</b>
                </Link>
              </li>
            ))}
          </ul>
        )}
      </Asked>
    </Sheet>
  );
}

interface Move {
  readonly control: string;
  readonly from: string | null;
  readonly to: string;
  readonly devices: number;
  readonly weight: number;
}

function Moves({ of }: { of: readonly Move[] }) {
  const { data: controls } = useAsk('GET /controls');
  const changed = of
    .filter(({ from, weight }) => from !== null && weight !== 0)
    .sort((one, other) => Math.abs(other.weight) - Math.abs(one.weight))
    .slice(0, 5);
  if (changed.length === 0) return null;
  return (
    <Sheet title="What moved it">
      <ul className="rows">
        {changed.map(({ control, to, devices, weight }) => (
          <li key={control + to}>
            <Link className="line" to="/findings" search={{ control }}>
              <span className={weight > 0 ? 'severity good' : 'severity high'}>
                {weight > 0 ? 'better' : 'worse'}
              </span>
              <span className="grow">
                {controls?.find(({ id }) => id === control)?.title ?? control}
              </span>
              <span className="small soft">{many(devices, 'device')}</span>
            </Link>
          </li>
        ))}
      </ul>
    </Sheet>
  );
}

function Jobs() {
  const may = useMay();
  const { data } = useAsk('GET /jobs', { query: { state: 'failed', limit: 3 } }, may('jobs.read'));
  if (!data || data.items.length === 0) return null;
  return (
    <Sheet title="Did not work">
      <ul className="rows">
        {data.items.map(({ id, kind, error, finished, created }) => (
          <li className="line" key={id}>
            <span className="grow">
              {kind}: {error?.message}
            </span>
            <span className="small soft">
              <Time at={finished ?? created} />
            </span>
          </li>
        ))}
      </ul>
    </Sheet>
  );
}
