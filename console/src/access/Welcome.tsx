/** Set-up, invitation and recovery: a one-time link, whose secret stands after # and is sent to nobody else, gives a first way to sign in. */
import { Anchor, Button, PasswordInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { QRCodeSVG } from 'qrcode.react';
import { type FormEvent, useState } from 'react';
import { type Answers, call, keepCsrf } from '../api/client.ts';
import { Door } from '../parts/Door.tsx';
import { Codes } from './Codes.tsx';
import { deviceName, makePasskey, problemText } from './passkey.ts';
import { Typed } from './SignInForm.tsx';

type View = Answers['POST /welcome'];
type Joined = Answers['POST /welcome/passkey'];

const TITLES = {
  setup: 'Set up Fleetward',
  invitation: 'Welcome to Fleetward',
  recovery: 'Get back in',
} as const;

export function Welcome() {
  // Taken once, and out of the address bar, so that it stays in no history.
  const [link] = useState(() => {
    const secret = window.location.hash.slice(1);
    window.history.replaceState(window.history.state, '', '/welcome');
    return secret;
  });
  const { data, error } = useQuery({
    queryKey: ['welcome', link],
    queryFn: () => call('POST /welcome', { body: { link } }),
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
    enabled: link !== '',
  });
  const [joined, setJoined] = useState<Joined>();
  if (joined) return <Done codes={joined.recoveryCodes} />;
  if (link === '' || error)
    return (
      <Door title="This link does not work">
        <p>
          {error?.message ??
            'It is incomplete. Open it as it was printed or sent, with everything after #.'}
        </p>
        <Anchor href="/sign-in" underline="always">
          Sign in instead
        </Anchor>
      </Door>
    );
  if (!data) return <Door title="One moment">{null}</Door>;
  return (
    <Door title={TITLES[data.purpose]} lead={data.organisation}>
      <Join link={link} view={data} done={setJoined} />
    </Door>
  );
}

function Join(props: { link: string; view: View; done: (joined: Joined) => void }) {
  const { link, view, done } = props;
  const [login, setLogin] = useState(view.login ?? '');
  const [name, setName] = useState(view.name ?? '');
  const [byPassword, setByPassword] = useState(false);
  const [wrong, setWrong] = useState('');
  const [busy, setBusy] = useState(false);
  const attempt = async (act: () => Promise<void>) => {
    setBusy(true);
    setWrong('');
    try {
      if (view.purpose === 'setup')
        await call('POST /welcome/name', { body: { link, person: { login, name } } });
      await act();
    } catch (error) {
      setWrong(problemText(error));
    } finally {
      setBusy(false);
    }
  };
  const passkey = (event: FormEvent) => {
    event.preventDefault();
    void attempt(async () => {
      const { ceremony, options } = await call('POST /welcome/passkey/begin', { body: { link } });
      const response = await makePasskey(options);
      const body = { link, ceremony, response, name: deviceName() };
      const joined = await call('POST /welcome/passkey', { body });
      keepCsrf(joined.csrf);
      done(joined);
    });
  };
  return (
    <form className="stack" onSubmit={passkey}>
      {view.purpose === 'setup' ? (
        <>
          <p className="soft">You become the first administrator of this installation.</p>
          <Typed label="Your name" value={name} set={setName} autoComplete="name" />
          <Typed
            label="User name"
            description="Short, for signing in with a password or a recovery code"
            value={login}
            set={setLogin}
            autoComplete="username"
          />
        </>
      ) : (
        <p>
          Hello {view.name}. Your user name is <b>{view.login}</b>.
        </p>
      )}
      {byPassword ? (
        <PasswordWay {...{ link, attempt, done, busy }} />
      ) : (
        <>
          <Button type="submit" size="md" loading={busy}>
            Create a passkey
          </Button>
          <p className="soft small">
            Your phone, computer or security key keeps it. Nothing to remember, nothing to phish.
          </p>
          <Anchor
            component="button"
            type="button"
            size="sm"
            underline="always"
            onClick={() => setByPassword(true)}
          >
            Use a password and an authenticator app
          </Anchor>
        </>
      )}
      {wrong && <p role="alert">{wrong}</p>}
    </form>
  );
}

function PasswordWay(props: {
  link: string;
  attempt: (act: () => Promise<void>) => Promise<void>;
  done: (joined: Joined) => void;
  busy: boolean;
}) {
  const { link, attempt, done, busy } = props;
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const [offer, setOffer] = useState<Answers['POST /welcome/totp/begin']>();
  const begin = () =>
    attempt(async () => setOffer(await call('POST /welcome/totp/begin', { body: { link } })));
  const finish = () =>
    attempt(async () => {
      const body = { link, ceremony: offer?.ceremony ?? '', password, code };
      const joined = await call('POST /welcome/password', { body });
      keepCsrf(joined.csrf);
      done(joined);
    });
  return (
    <div className="stack">
      <PasswordInput
        label="Password"
        description="8 characters or more; long beats odd"
        value={password}
        required
        autoComplete="new-password"
        onChange={({ currentTarget }) => setPassword(currentTarget.value)}
      />
      {offer && (
        <>
          <Authenticator offer={offer} />
          <Typed
            label="The code that the app shows"
            value={code}
            set={setCode}
            autoComplete="one-time-code"
          />
        </>
      )}
      <Button size="md" onClick={offer ? finish : begin} loading={busy}>
        {offer ? 'Join' : 'Go on'}
      </Button>
    </div>
  );
}

export function Authenticator({ offer }: { offer: { secret: string; uri: string } }) {
  return (
    <>
      <p>Scan this with your authenticator app, or type the secret into it.</p>
      <div className="qr">
        <QRCodeSVG value={offer.uri} size={168} title="Secret for the authenticator app" />
      </div>
      <code>{offer.secret}</code>
    </>
  );
}

function Done({ codes }: { codes: readonly string[] }) {
  const navigate = useNavigate();
  const client = useQueryClient();
  return (
    <Door title="Keep these recovery codes">
      <Codes codes={codes} />
      <Button
        size="md"
        onClick={() => {
          client.clear();
          void navigate({ to: '/' });
        }}
      >
        I have kept them
      </Button>
    </Door>
  );
}
