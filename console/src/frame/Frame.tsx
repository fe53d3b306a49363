/** The frame around every page of somebody who is signed in: where one can go, who one is, whether it is live. */
import { Button, useMantineColorScheme } from '@mantine/core';
import {
  IconActivity,
  IconAlertTriangle,
  IconDevices,
  IconGauge,
  IconMoon,
  IconPlayerPlay,
  IconSun,
  IconUserCircle,
  IconUsers,
} from '@tabler/icons-react';
import { Link, Outlet, useNavigate, useRouter } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { call, Refused } from '../api/client.ts';
import mark from '../mark.svg';
import { Broken, Loading } from '../parts/states.tsx';
import { useLive } from './live.ts';
import { useAsk } from './queries.ts';
import { Proofs, useMay, useMe } from './session.tsx';

const PLACES = [
  ['/', 'Overview', IconGauge, undefined],
  ['/devices', 'Devices', IconDevices, 'devices.read'],
  ['/findings', 'Findings', IconAlertTriangle, 'findings.read'],
  ['/audits', 'Audits', IconPlayerPlay, 'audits.read'],
  ['/activity', 'Activity', IconActivity, 'facts.read'],
  ['/people', 'People', IconUsers, 'people.read'],
  ['/account', 'Your account', IconUserCircle, 'account.read'],
] as const;

export function Frame() {
  const { data, error } = useMe();
  if (error instanceof Refused && error.status === 401) return <ToDoor />;
  if (error) return <Broken error={error} />;
  if (!data) return <Loading />;
  return <Inside />;
}

/** Leads to the door once: while it does, this page is still drawn, at the door's address. */
function ToDoor() {
  const navigate = useNavigate();
  const router = useRouter();
  const [here] = useState(() => router.state.location.href);
  useEffect(() => {
    void navigate({ to: '/sign-in', search: here === '/' ? {} : { to: here }, replace: true });
  }, [navigate, here]);
  return <Loading />;
}

function Inside() {
  const live = useLive();
  return (
    <>
      <a className="skip" href="#page">
        Skip to the page
      </a>
      <div className="frame">
        <Side live={live} />
        <div>
          {live === 'lost' && (
            <div className="offline" role="status">
              The connection is lost. What you see may be old; it comes back by itself.
            </div>
          )}
          <main className="page" id="page" tabIndex={-1}>
            <Outlet />
          </main>
        </div>
      </div>
      <Proofs />
    </>
  );
}

function Side({ live }: { live: 'live' | 'lost' | 'joining' }) {
  const may = useMay();
  const { data: me } = useMe();
  const { data: open } = useAsk('GET /findings/count', {}, may('findings.read'));
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const dark =
    colorScheme === 'dark' ||
    (colorScheme === 'auto' && window.matchMedia('(prefers-color-scheme: dark)').matches);
  const signOut = async () => {
    await call('POST /sign-out');
    window.location.assign('/sign-in');
  };
  return (
    <header className="side">
      <Link to="/" className="brand">
        <img src={mark} alt="" /> Fleetward
      </Link>
      <nav className="nav" aria-label="Pages">
        {PLACES.filter(([, , , permission]) => !permission || may(permission)).map(
          ([to, name, Icon]) => (
            <Link key={to} to={to} activeOptions={{ exact: to === '/', includeSearch: false }}>
              <Icon size={18} stroke={1.75} aria-hidden />
              {name}
              {to === '/findings' && open && open.count > 0 && (
                <span className="rest small">{open.count.toLocaleString()}</span>
              )}
            </Link>
          ),
        )}
      </nav>
      <div className="me">
        <div className="small">
          <b>{me?.name}</b>
          <div className="soft">
            <span className={live === 'lost' ? 'pulse lost' : 'pulse'} aria-hidden />
            {live === 'lost' ? 'Not connected' : 'Live'}
          </div>
        </div>
        <div className="acts">
          <Button size="compact-sm" variant="default" onClick={signOut}>
            Sign out
          </Button>
          <Button
            size="compact-sm"
            variant="default"
            aria-label={dark ? 'Use light colours' : 'Use dark colours'}
            onClick={() => setColorScheme(dark ? 'light' : 'dark')}
          >
            {dark ? <IconSun size={16} aria-hidden /> : <IconMoon size={16} aria-hidden />}
          </Button>
        </div>
      </div>
    </header>
  );
}
