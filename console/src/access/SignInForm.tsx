/** Signing in: passkey first; password and code, or a recovery code, for whoever has none at hand. */
import { Anchor, Button, PasswordInput, TextInput } from '@mantine/core';
import { startAuthentication } from '@simplewebauthn/browser';
import { IconFingerprint } from '@tabler/icons-react';
import { type FormEvent, useState } from 'react';
import { call, keepCsrf } from '../api/client.ts';
import { queries } from '../frame/queries.ts';
import { passkeyOptions, problemText } from './passkey.ts';

type Way = 'passkey' | 'password' | 'recovery';

export function SignInForm({ done }: { done: () => void }) {
  const [way, setWay] = useState<Way>('passkey');
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState('');
  const attempt = async (prove: () => Promise<{ csrf: string } | undefined>) => {
    setBusy(true);
    setWrong('');
    try {
      const started = await prove();
      if (started === undefined) return;
      keepCsrf(started.csrf);
      await queries.invalidateQueries({ queryKey: ['me'] });
      done();
    } catch (error) {
      setWrong(problemText(error));
    } finally {
      setBusy(false);
    }
  };
  const byPasskey = () =>
    attempt(async () => {
      const { ceremony, options } = await call('POST /sign-in/passkey/begin');
      const response = await startAuthentication({ optionsJSON: passkeyOptions(options) });
      return call('POST /sign-in/passkey', { body: { ceremony, response } });
    });
  const change = (to: Way) => () => {
    setWrong('');
    setWay(to);
  };
  return (
    <div className="stack">
      {way === 'passkey' && (
        <Button
          size="md"
          onClick={byPasskey}
          loading={busy}
          leftSection={<IconFingerprint size={20} aria-hidden />}
        >
          Sign in with a passkey
        </Button>
      )}
      {way === 'password' && <PasswordWay attempt={attempt} busy={busy} />}
      {way === 'recovery' && <RecoveryWay attempt={attempt} busy={busy} />}
      {wrong && <p role="alert">{wrong}</p>}
      <div className="acts small">
        {way !== 'passkey' && <Way onClick={change('passkey')}>Use a passkey</Way>}
        {way !== 'password' && <Way onClick={change('password')}>Use a password</Way>}
        {way !== 'recovery' && <Way onClick={change('recovery')}>Use a recovery code</Way>}
      </div>
    </div>
  );
}

const Way = ({ onClick, children }: { onClick: () => void; children: string }) => (
  <Anchor component="button" type="button" size="sm" underline="always" onClick={onClick}>
    {children}
  </Anchor>
);

interface WayProps {
  readonly attempt: (prove: () => Promise<{ csrf: string } | undefined>) => Promise<void>;
  readonly busy: boolean;
}

function PasswordWay({ attempt, busy }: WayProps) {
  const [login, setLogin] = useState('');
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const [ceremony, setCeremony] = useState<string>();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void attempt(async () => {
      if (ceremony) return call('POST /sign-in/code', { body: { ceremony, code } });
      const answer = await call('POST /sign-in/password', { body: { login, password } });
      if ('csrf' in answer) return answer;
      setCeremony(answer.ceremony);
      return undefined;
    });
  };
  return (
    <form className="stack" onSubmit={submit}>
      {ceremony === undefined ? (
        <>
          <Typed label="User name" value={login} set={setLogin} autoComplete="username" />
          <PasswordInput
            label="Password"
            required
            value={password}
            autoComplete="current-password"
            onChange={({ currentTarget }) => setPassword(currentTarget.value)}
          />
        </>
      ) : (
        <Typed
          label="Code of your authenticator app, or a recovery code"
          value={code}
          set={setCode}
          autoComplete="one-time-code"
        />
      )}
      <Button type="submit" size="md" loading={busy}>
        {ceremony === undefined ? 'Go on' : 'Sign in'}
      </Button>
    </form>
  );
}

function RecoveryWay({ attempt, busy }: WayProps) {
  const [login, setLogin] = useState('');
  const [code, setCode] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void attempt(() => call('POST /sign-in/recovery', { body: { login, code } }));
  };
  return (
    <form className="stack" onSubmit={submit}>
      <Typed label="User name" value={login} set={setLogin} autoComplete="username" />
      <Typed label="Recovery code" value={code} set={setCode} autoComplete="off" />
      <Button type="submit" size="md" loading={busy}>
        Sign in
      </Button>
    </form>
  );
}

export function Typed(props: {
  label: string;
  value: string;
  set: (value: string) => void;
  autoComplete?: string;
  description?: string;
  required?: boolean;
}) {
  const { label, value, set, autoComplete, description, required = true } = props;
  return (
    <TextInput
      {...{ label, value, autoComplete, required, description }}
      onChange={({ currentTarget }) => set(currentTarget.value)}
    />
  );
}
