/** What people do with findings: accept them for a while, take that back, give them to somebody. */
import { Button, Modal, Textarea, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { type FormEvent, useState } from 'react';
import { call } from '../api/client.ts';
import { useAct } from '../frame/queries.ts';
import { many } from '../parts/words.ts';

const DAYS_90_MS = 90 * 86_400_000;
const isoDay = (time: number) => new Date(time).toISOString().slice(0, 10);

export function useAssign() {
  return useAct(
    (body: { findings: readonly string[]; to: string | null }) =>
      call('POST /findings/assign', { body: { findings: [...body.findings], to: body.to } }),
    (_, { to }) => (to === null ? 'Nobody owns it now.' : 'The owner is set.'),
  );
}

export function useReopen() {
  const act = useAct(
    (findings: readonly string[]) =>
      call('POST /findings/reopen', {
        body: { findings: [...findings], reason: 'taken back in the console' },
      }),
    ({ findings }) => `${many(findings.length, 'finding')} open again.`,
  );
  return (findings: readonly string[]) => act.mutate(findings);
}

export function Accept(props: { findings: readonly string[] | undefined; close: () => void }) {
  const { findings, close } = props;
  return (
    <Modal
      opened={findings !== undefined}
      onClose={close}
      title={`Accept ${many(findings?.length ?? 0, 'finding')}`}
    >
      {findings && <AcceptForm findings={findings} close={close} />}
    </Modal>
  );
}

function AcceptForm({ findings, close }: { findings: readonly string[]; close: () => void }) {
  const [reason, setReason] = useState('');
  const [expires, setExpires] = useState(isoDay(Date.now() + DAYS_90_MS));
  const reopen = useReopen();
  const accept = useAct(async () => {
    const body = { findings: [...findings], reason, expires };
    const { findings: accepted } = await call('POST /findings/accept', { body });
    close();
    const id = notifications.show({
      autoClose: 15_000,
      message: (
        <span className="acts">
          Accepted {many(accepted.length, 'finding')} until {expires}.
          <Button
            size="compact-sm"
            variant="light"
            onClick={() => {
              reopen(accepted);
              notifications.hide(id);
            }}
          >
            Undo
          </Button>
        </span>
      ),
    });
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    accept.mutate();
  };
  return (
    <form className="stack" onSubmit={submit}>
      <p className="soft">
        It stays known and counted as accepted, and opens again by itself after the day you choose.
      </p>
      <Textarea
        label="Why is it acceptable?"
        description="Ten characters or more; the auditors read this"
        required
        minLength={10}
        autosize
        minRows={3}
        data-autofocus
        value={reason}
        onChange={({ currentTarget }) => setReason(currentTarget.value)}
      />
      <TextInput
        type="date"
        label="Until and including"
        required
        min={isoDay(Date.now())}
        value={expires}
        onChange={({ currentTarget }) => setExpires(currentTarget.value)}
      />
      <Button type="submit" loading={accept.isPending}>
        Accept the risk
      </Button>
    </form>
  );
}
