/** The addresses of the console. What one looks at is in the address, so that it can be shared and comes back. */
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router';
import { SignIn } from './access/SignIn.tsx';
import { Welcome } from './access/Welcome.tsx';
import { Frame } from './frame/Frame.tsx';
import { Broken, Missing } from './parts/states.tsx';

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;
/** Texts of the address by these names, and nothing else. */
const texts =
  <Name extends string>(...names: readonly Name[]) =>
  (search: Record<string, unknown>): Partial<Record<Name, string>> =>
    Object.fromEntries(
      names.flatMap((name) => {
        const value = text(search[name]);
        return value === undefined ? [] : [[name, value]];
      }),
    ) as Partial<Record<Name, string>>;

const root = createRootRoute({
  component: Outlet,
  notFoundComponent: Missing,
  errorComponent: ({ error }) => <Broken error={error} />,
});
const inside = createRoute({ getParentRoute: () => root, id: 'inside', component: Frame });
const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: texts('to'),
  component: () => {
    const { to } = signIn.useSearch();
    return <SignIn to={to?.startsWith('/') && !to.startsWith('//') ? to : '/'} />;
  },
});
const welcome = createRoute({ getParentRoute: () => root, path: '/welcome', component: Welcome });

const page = <Path extends string>(path: Path) => ({ getParentRoute: () => inside, path }) as const;
const overview = createRoute({
  ...page('/'),
  component: lazyRouteComponent(() => import('./overview/Overview.tsx'), 'Overview'),
});
const devices = createRoute({
  ...page('/devices'),
  validateSearch: texts('search', 'sort', 'order', 'type', 'worst', 'criticality'),
  component: lazyRouteComponent(() => import('./devices/Devices.tsx'), 'Devices'),
});
const device = createRoute({
  ...page('/devices/$id'),
  component: lazyRouteComponent(() => import('./devices/Device.tsx'), 'Device'),
});
const findings = createRoute({
  ...page('/findings'),
  validateSearch: texts('open', 'state', 'severity', 'control', 'device', 'assignee'),
  component: lazyRouteComponent(() => import('./findings/Findings.tsx'), 'Findings'),
});
const audits = createRoute({
  ...page('/audits'),
  component: lazyRouteComponent(() => import('./audits/Audits.tsx'), 'Audits'),
});
const compare = createRoute({
  ...page('/audits/compare'),
  validateSearch: texts('one', 'other'),
  component: lazyRouteComponent(() => import('./audits/Compare.tsx'), 'Compare'),
});
const activity = createRoute({
  ...page('/activity'),
  validateSearch: texts('action', 'subject'),
  component: lazyRouteComponent(() => import('./activity/Activity.tsx'), 'Activity'),
});
const people = createRoute({
  ...page('/people'),
  component: lazyRouteComponent(() => import('./access/People.tsx'), 'People'),
});
const account = createRoute({
  ...page('/account'),
  component: lazyRouteComponent(() => import('./access/Account.tsx'), 'Account'),
});
const home = createRoute({
  ...page('/overview'),
  beforeLoad: () => {
    throw redirect({ to: '/' });
  },
});

export const router = createRouter({
  routeTree: root.addChildren([
    signIn,
    welcome,
    inside.addChildren([
      ...[overview, devices, device, findings, audits, compare],
      ...[activity, people, account, home],
    ]),
  ]),
  defaultPreload: 'intent',
  scrollRestoration: true,
  // Searches are plain texts: ?search=cam, not ?search=%22cam%22.
  parseSearch: (search) => Object.fromEntries(new URLSearchParams(search)),
  stringifySearch: (search) => {
    const given = Object.entries(search).filter(([, value]) => value !== undefined && value !== '');
    return given.length === 0
      ? ''
      : `?${new URLSearchParams(given.map(([key, value]) => [key, String(value)]))}`;
  },
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
