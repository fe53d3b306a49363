/** People: who has an account, what they may do, and what waits for a second person. */
import { Button, CopyButton, Modal, Select, Textarea, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { type Answers, type Bodies, call } from '../api/client.ts';
import { tell, useAct, useAsk } from '../frame/queries.ts';
import { May, useMay, useMe } from '../frame/session.tsx';
import { Head, Scroll, Sheet } from '../parts/page.tsx';
import { Asked } from '../parts/states.tsx';
import { Time } from '../parts/Time.tsx';
import { exact, plain } from '../parts/words.ts';
import { Typed } from './SignInForm.tsx';

type Person = Answers['GET /people']['items'][number];
type Role = Bodies['POST /people/{id}/roles']['role'];
const ROLES: readonly { value: Role; label: string }[] = [
  { value: 'viewer', label: 'Viewer: sees devices, findings and posture' },
  { value: 'analyst', label: 'Analyst: runs audits and works on findings' },
  { value: 'operator', label: 'Operator: looks after devices, accepts risks' },
  { value: 'administrator', label: 'Administrator: looks after people and settings' },
  { value: 'auditor', label: 'Auditor: sees everything, changes nothing' },
  { value: 'member', label: 'Member: sees the devices they own' },
];
const WAITS = 'A second person has to agree; it waits under “Waits for a second person”.';

export function People() {
  const people = useAsk('GET /people', { query: { limit: 200 } });
  const [inviting, setInviting] = useState(false);
  const [link, setLink] = useState<string>();
  return (
    <>
      <Head title="People" lead="Who has an account, and what they may do">
        <May permission="people.invite">
          <Button onClick={() => setInviting(true)}>Invite somebody</Button>
        </May>
      </Head>
      <Approvals />
      <Asked of={people}>
        {({ items }) => (
          <section className="sheet" aria-label="People">
            <Scroll>
              <table className="plain">
                <thead>
                  <tr>
                    <th>Name</th>
                    <th>User name</th>
                    <th>Roles</th>
                    <th>Status</th>
                    <th>Since</th>
                    <th>
                      <span className="unseen">Acts</span>
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {items.map((person) => (
                    <Row key={person.id} person={person} give={setLink} />
                  ))}
                </tbody>
              </table>
            </Scroll>
          </section>
        )}
      </Asked>
      <Modal opened={inviting} onClose={() => setInviting(false)} title="Invite somebody">
        <Invite
          done={(url) => {
            setInviting(false);
            setLink(url);
          }}
        />
      </Modal>
      <Modal opened={link !== undefined} onClose={() => setLink(undefined)} title="Their link">
        <div className="stack">
          <p>Give this to them alone, over a way you trust. It works once and is shown only now.</p>
          <code>{link}</code>
          <CopyButton value={link ?? ''}>
            {({ copied, copy }) => <Button onClick={copy}>{copied ? 'Copied' : 'Copy'}</Button>}
          </CopyButton>
        </div>
      </Modal>
    </>
  );
}

function Row({ person, give }: { person: Person; give: (url: string) => void }) {
  const { data: me } = useMe();
  const may = useMay();
  const [open, setOpen] = useState(false);
  const again = useAct(async () => {
    give((await call('POST /people/{id}/invitation', { path: { id: person.id } })).url);
  });
  return (
    <tr>
      <td>
        <b>{person.name ?? 'Erased'}</b>
        {person.id === me?.id && <span className="soft"> (you)</span>}
        {person.email && <div className="small soft">{person.email}</div>}
      </td>
      <td>{person.login}</td>
      <td>{person.grants.map(({ role }) => plain(role)).join(', ')}</td>
      <td>{plain(person.status)}</td>
      <td>
        <Time at={person.joinedAt ?? person.createdAt} />
      </td>
      <td>
        {person.status === 'invited' && may('people.invite') && (
          <Button size="compact-sm" variant="default" onClick={() => again.mutate()}>
            New link
          </Button>
        )}
        {person.status === 'active' && person.id !== me?.id && may('roles.change') && (
          <Button
            size="compact-sm"
            variant="default"
            aria-label={`Change ${person.name}`}
            onClick={() => setOpen(true)}
          >
            Change
          </Button>
        )}
        <Modal opened={open} onClose={() => setOpen(false)} title={person.name}>
          <Change person={person} close={() => setOpen(false)} give={give} />
        </Modal>
      </td>
    </tr>
  );
}

function Change(props: { person: Person; close: () => void; give: (url: string) => void }) {
  const { person, close, give } = props;
  const [reason, setReason] = useState('');
  const [role, setRole] = useState<string | null>(null);
  const act = useAct(async (what: 'give' | 'take' | 'remove' | 'reset') => {
    const path = { id: person.id };
    const body = { role: role as Role, reason };
    const answer =
      what === 'give'
        ? await call('POST /people/{id}/roles', { path, body })
        : what === 'take'
          ? await call('POST /people/{id}/roles/take', { path, body })
          : what === 'remove'
            ? await call('POST /people/{id}/remove', { path, body: { reason } })
            : await call('POST /people/{id}/reset', { path, body: { reason } });
    close();
    const told = answer as { approval?: unknown; url?: string } | undefined;
    if (told?.url) give(told.url);
    else tell(told?.approval ? WAITS : 'Done.');
  });
  const has = person.grants.some((grant) => grant.role === role);
  const ready = reason.trim().length > 0;
  return (
    <div className="stack">
      <Textarea
        label="Why"
        required
        value={reason}
        onChange={({ currentTarget }) => setReason(currentTarget.value)}
      />
      <Select label="Role" data={ROLES} value={role} onChange={setRole} />
      <div className="acts">
        <Button disabled={!ready || !role} onClick={() => act.mutate(has ? 'take' : 'give')}>
          {has ? 'Take the role' : 'Give the role'}
        </Button>
      </div>
      <div className="acts">
        <May permission="people.reset">
          <Button variant="default" disabled={!ready} onClick={() => act.mutate('reset')}>
            Lost every way in: new link
          </Button>
        </May>
        <May permission="people.remove">
          <Button color="red" disabled={!ready} onClick={() => act.mutate('remove')}>
            Remove
          </Button>
        </May>
      </div>
    </div>
  );
}

function Invite({ done }: { done: (url: string) => void }) {
  const [name, setName] = useState('');
  const [login, setLogin] = useState('');
  const [email, setEmail] = useState('');
  const [role, setRole] = useState<Role>('viewer');
  const invite = useAct(async () => {
    const body = { name, login, ...(email ? { email } : {}), grants: [{ role }] };
    done((await call('POST /people', { body })).url);
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    invite.mutate();
  };
  return (
    <form className="stack" onSubmit={submit}>
      <Typed label="Name" value={name} set={setName} />
      <Typed label="User name" value={login} set={setLogin} />
      <TextInput
        label="Mail address (optional)"
        type="email"
        value={email}
        onChange={({ currentTarget }) => setEmail(currentTarget.value)}
      />
      <Select
        label="Role"
        data={[...ROLES]}
        value={role}
        allowDeselect={false}
        onChange={(next) => setRole((next ?? 'viewer') as Role)}
      />
      <Button type="submit" loading={invite.isPending}>
        Make the link
      </Button>
    </form>
  );
}

function Approvals() {
  const may = useMay();
  const { data: me } = useMe();
  const { data } = useAsk('GET /approvals', {}, may('approvals.read'));
  const decide = useAct(
    async ({ id, digest, way }: { id: string; digest: string; way: 'approve' | 'reject' }) =>
      way === 'approve'
        ? call('POST /approvals/{id}/approve', { path: { id }, body: { digest } })
        : call('POST /approvals/{id}/reject', { path: { id }, body: { reason: 'refused' } }),
    (_, { way }) => (way === 'approve' ? 'Agreed, and done.' : 'Refused.'),
  );
  const take = useAct(
    (id: string) => call('POST /approvals/{id}/cancel', { path: { id }, body: {} }),
    'Taken back.',
  );
  const open = data?.items.filter(({ status }) => status === 'pending' || status === 'open') ?? [];
  if (open.length === 0) return null;
  return (
    <Sheet title="Waits for a second person">
      <ul className="rows">
        {open.map(({ id, summary, reason, digest, requestedBy, readyAt, expiresAt }) => {
          const own = requestedBy.id === me?.id;
          return (
            <li className="line" key={id}>
              <span className="grow">
                <span className="title">{summary}</span>
                <div className="small soft">
                  “{reason}” · until {exact(expiresAt)}
                  {own && readyAt && ` · you may confirm alone from ${exact(readyAt)} on`}
                </div>
              </span>
              <span className="acts">
                {(!own || readyAt) && (
                  <Button onClick={() => decide.mutate({ id, digest, way: 'approve' })}>
                    {own ? 'Confirm' : 'Agree'}
                  </Button>
                )}
                {own ? (
                  <Button variant="default" onClick={() => take.mutate(id)}>
                    Take back
                  </Button>
                ) : (
                  <Button
                    variant="default"
                    onClick={() => decide.mutate({ id, digest, way: 'reject' })}
                  >
                    Refuse
                  </Button>
                )}
              </span>
            </li>
          );
        })}
      </ul>
    </Sheet>
  );
}
