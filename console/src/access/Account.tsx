/** The own account: how one signs in, where one is signed in, and tokens for programs. */
import { Button, Modal, MultiSelect, NumberInput, PasswordInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { type Answers, type Bodies, call } from '../api/client.ts';
import { useAct, useAsk } from '../frame/queries.ts';
import { May, useMe } from '../frame/session.tsx';
import { Head, Sheet } from '../parts/page.tsx';
import { Asked } from '../parts/states.tsx';
import { Time } from '../parts/Time.tsx';
import { day, many } from '../parts/words.ts';
import { Codes } from './Codes.tsx';
import { deviceName, makePasskey, problemText } from './passkey.ts';
import { Typed } from './SignInForm.tsx';
import { Authenticator } from './Welcome.tsx';

type Ways = Answers['GET /me/ways'];
type Scope = Bodies['POST /me/tokens']['scopes'][number];

export function Account() {
  const { data: me } = useMe();
  const ways = useAsk('GET /me/ways');
  const [codes, setCodes] = useState<readonly string[]>();
  return (
    <>
      <Head title="Your account" lead={me?.name} />
      <div className="columns">
        <div className="stack">
          <Asked of={ways}>
            {(ways) => (
              <>
                <Passkeys ways={ways} />
                <Second ways={ways} give={setCodes} />
              </>
            )}
          </Asked>
          <May permission="tokens.make">
            <Tokens />
          </May>
        </div>
        <Sessions />
      </div>
      <Modal
        opened={codes !== undefined}
        onClose={() => setCodes(undefined)}
        title="Keep these recovery codes"
      >
        <div className="stack">{codes && <Codes codes={codes} />}</div>
      </Modal>
    </>
  );
}

function Passkeys({ ways }: { ways: Ways }) {
  const add = useAct(async () => {
    const { ceremony, options } = await call('POST /me/passkeys/begin');
    const response = await makePasskey(options).catch((error: unknown) => {
      throw new Error(problemText(error));
    });
    await call('POST /me/passkeys', { body: { ceremony, response, name: deviceName() } });
  }, 'The passkey works from now on.');
  const remove = useAct(
    (id: string) => call('DELETE /me/passkeys/{id}', { path: { id } }),
    'The passkey is removed.',
  );
  return (
    <Sheet title="Passkeys" more="one on a second device saves you when the first is lost">
      <ul className="rows">
        {ways.passkeys.map(({ id, name, createdAt, usedAt, suspended }) => (
          <li className="line" key={id}>
            <span className="grow">
              <span className="title">{name}</span>
              <div className="small soft">
                made {day(createdAt)}
                {usedAt && (
                  <>
                    , used <Time at={usedAt} />
                  </>
                )}
                {suspended && ', suspended: there may be two of it'}
              </div>
            </span>
            <Button
              size="compact-sm"
              variant="default"
              aria-label={`Remove ${name}`}
              onClick={() => remove.mutate(id)}
            >
              Remove
            </Button>
          </li>
        ))}
      </ul>
      <div>
        <Button loading={add.isPending} onClick={() => add.mutate()}>
          Add a passkey
        </Button>
      </div>
    </Sheet>
  );
}

function Second({ ways, give }: { ways: Ways; give: (codes: readonly string[]) => void }) {
  const [password, setPassword] = useState('');
  const [offer, setOffer] = useState<Answers['POST /me/totp/begin']>();
  const [code, setCode] = useState('');
  const keep = useAct(async () => {
    await call('PUT /me/password', { body: { password } });
    setPassword('');
  }, 'The password is set.');
  const begin = useAct(async () => setOffer(await call('POST /me/totp/begin')));
  const finish = useAct(async () => {
    const body = { ceremony: offer?.ceremony ?? '', code };
    give((await call('POST /me/totp', { body })).recoveryCodes);
    setOffer(undefined);
  });
  const renew = useAct(async () => give((await call('POST /me/recovery-codes')).recoveryCodes));
  return (
    <Sheet title="Other ways in">
      <dl className="facts">
        <dt>Authenticator app</dt>
        <dd>{ways.totp ? 'set up' : 'none'}</dd>
        <dt>Password</dt>
        <dd>{ways.password === 'none' ? 'none' : `set, ${ways.password}`}</dd>
        <dt>Recovery codes</dt>
        <dd>{many(ways.recoveryCodes, 'code')} left</dd>
      </dl>
      {offer && (
        <div className="stack">
          <Authenticator offer={offer} />
          <Typed label="The code that the app shows" value={code} set={setCode} />
          <Button onClick={() => finish.mutate()}>Confirm the app</Button>
        </div>
      )}
      <PasswordInput
        label="New password"
        value={password}
        autoComplete="new-password"
        onChange={({ currentTarget }) => setPassword(currentTarget.value)}
      />
      <div className="acts">
        <Button variant="default" disabled={!password} onClick={() => keep.mutate()}>
          Set the password
        </Button>
        {!offer && (
          <Button variant="default" onClick={() => begin.mutate()}>
            {ways.totp ? 'Change the authenticator app' : 'Add an authenticator app'}
          </Button>
        )}
        <Button variant="default" onClick={() => renew.mutate()}>
          New recovery codes
        </Button>
      </div>
    </Sheet>
  );
}

function Sessions() {
  const sessions = useAsk('GET /me/sessions');
  const end = useAct(
    (id: string) => call('DELETE /me/sessions/{id}', { path: { id } }),
    'That session ended.',
  );
  return (
    <Sheet title="Where you are signed in">
      <Asked of={sessions}>
        {(sessions) => (
          <ul className="rows">
            {sessions.map(({ id, agent, address, seenAt, current, method }) => (
              <li className="line" key={id}>
                <span className="grow">
                  <span className="title">
                    {browserOf(agent)}
                    {current && ' (this one)'}
                  </span>
                  <div className="small soft">
                    {address}, by {method}, seen <Time at={seenAt} />
                  </div>
                </span>
                {!current && (
                  <Button size="compact-sm" variant="default" onClick={() => end.mutate(id)}>
                    End
                  </Button>
                )}
              </li>
            ))}
          </ul>
        )}
      </Asked>
    </Sheet>
  );
}

function browserOf(agent: string): string {
  const name = ['Firefox', 'Edg', 'Chrome', 'Safari'].find((one) => agent.includes(one));
  const system = ['Android', 'iPhone', 'iPad', 'Windows', 'Mac', 'Linux'].find((one) =>
    agent.includes(one),
  );
  return `${name === 'Edg' ? 'Edge' : (name ?? 'Browser')}${system ? ` on ${system}` : ''}`;
}

function Tokens() {
  const tokens = useAsk('GET /me/tokens');
  const { data: me } = useMe();
  const [name, setName] = useState('');
  const [scopes, setScopes] = useState<string[]>(['audits.run']);
  const [days, setDays] = useState<string | number>(90);
  const [made, setMade] = useState<string>();
  const make = useAct(async () => {
    const body = { name, scopes: scopes as Scope[], days: Number(days) };
    setMade((await call('POST /me/tokens', { body })).token);
    setName('');
  });
  const end = useAct(
    (id: string) => call('DELETE /me/tokens/{id}', { path: { id } }),
    'The token ended.',
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    make.mutate();
  };
  return (
    <Sheet title="Tokens for programs">
      <Asked of={tokens}>
        {(tokens) => (
          <ul className="rows">
            {tokens.map(({ id, name, hint, scopes, expiresAt }) => (
              <li className="line" key={id}>
                <span className="grow">
                  <span className="title">{name}</span> <code>{hint}…</code>
                  <div className="small soft">
                    {scopes.join(', ')} · until {day(expiresAt)}
                  </div>
                </span>
                <Button
                  size="compact-sm"
                  variant="default"
                  aria-label={`End ${name}`}
                  onClick={() => end.mutate(id)}
                >
                  End
                </Button>
              </li>
            ))}
          </ul>
        )}
      </Asked>
      <form className="stack" onSubmit={submit}>
        <div className="filters">
          <Typed label="Name of the program" value={name} set={setName} />
          <NumberInput label="Days" min={1} max={366} value={days} onChange={setDays} />
        </div>
        <MultiSelect
          label="What it may do"
          data={me?.permissions.map((one) => one.name) ?? []}
          value={scopes}
          onChange={setScopes}
          searchable
        />
        <div>
          <Button type="submit" variant="default" loading={make.isPending}>
            Make a token
          </Button>
        </div>
      </form>
      <Modal opened={made !== undefined} onClose={() => setMade(undefined)} title="The token">
        <p>It is shown only now. Put it where the program reads it.</p>
        <code>{made}</code>
      </Modal>
    </Sheet>
  );
}
