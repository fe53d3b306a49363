/** One change to many devices: chosen, seen before it is made, and taken back with one click. */
import { Button, Modal, Select, TextInput } from '@mantine/core';
import { useState } from 'react';
import { type Bodies, call } from '../api/client.ts';
import { useAct } from '../frame/queries.ts';
import { May, useMay } from '../frame/session.tsx';
import { Scroll } from '../parts/page.tsx';
import { many, nameOf, plain } from '../parts/words.ts';
import type { Device } from './Devices.tsx';

type Patch = Bodies['POST /devices/change']['patch'];
type Undo = readonly { readonly ids: string[]; readonly patch: Patch }[];

export function BulkEdit(props: {
  devices: readonly Device[];
  ids: readonly string[];
  clear: () => void;
}) {
  const { devices, ids, clear } = props;
  const [open, setOpen] = useState(false);
  const [undo, setUndo] = useState<Undo>();
  const takeBack = useAct(async () => {
    for (const { ids, patch } of undo ?? [])
      await call('POST /devices/change', { body: { which: { ids }, patch } });
    setUndo(undefined);
  }, 'Taken back.');
  return (
    <section className="bar" aria-label="Chosen devices">
      <b>{many(ids.length, 'device')} chosen</b>
      <May permission="devices.describe">
        <Button onClick={() => setOpen(true)}>Change them</Button>
      </May>
      {undo && (
        <Button variant="light" loading={takeBack.isPending} onClick={() => takeBack.mutate()}>
          Undo the last change
        </Button>
      )}
      <Button variant="subtle" onClick={clear}>
        Clear
      </Button>
      <Modal
        opened={open}
        onClose={() => setOpen(false)}
        title={`Change ${many(ids.length, 'device')}`}
      >
        <Form
          devices={devices}
          ids={ids}
          done={(undo) => {
            setUndo(undo);
            setOpen(false);
          }}
        />
      </Modal>
    </section>
  );
}

const FIELDS = ['criticality', 'type', 'vendor', 'model', 'tags'] as const;
type Field = (typeof FIELDS)[number];

function Form(props: {
  devices: readonly Device[];
  ids: readonly string[];
  done: (undo: Undo) => void;
}) {
  const { devices, ids, done } = props;
  const may = useMay();
  const fields = FIELDS.filter((field) => field !== 'criticality' || may('devices.manage'));
  const [field, setField] = useState<Field>(fields[0] ?? 'type');
  const [value, setValue] = useState('');
  const patchOf = (): Patch =>
    field === 'tags'
      ? {
          tags: value
            .split(',')
            .map((tag) => tag.trim())
            .filter(Boolean),
        }
      : ({ [field]: value || null } as Patch);
  const which = { ids: [...ids] };
  const change = useAct(
    async () => {
      const before = devices.map((device) => ({
        ids: [device.id],
        patch: { [field]: device[field] || null } as Patch,
      }));
      await call('POST /devices/change', { body: { which, patch: patchOf() } });
      done(before);
    },
    () => `Changed ${many(ids.length, 'device')}.`,
  );
  return (
    <div className="stack">
      <Select
        label="What"
        data={fields.map((name) => ({ value: name, label: plain(name) }))}
        value={field}
        allowDeselect={false}
        onChange={(next) => {
          setField((next ?? 'type') as Field);
          setValue('');
        }}
      />
      {field === 'criticality' ? (
        <Select
          label="To"
          description="Essential: stopping it could hurt people"
          data={['low', 'normal', 'high', 'essential']}
          value={value || null}
          onChange={(next) => setValue(next ?? '')}
        />
      ) : (
        <TextInput
          label="To"
          description={
            field === 'tags' ? 'Separated by commas; replaces the tags they have' : undefined
          }
          value={value}
          onChange={({ currentTarget }) => setValue(currentTarget.value)}
        />
      )}
      {value && (
        <Scroll>
          <table className="plain">
            <thead>
              <tr>
                <th>Device</th>
                <th>Now</th>
                <th>Then</th>
              </tr>
            </thead>
            <tbody>
              {devices.slice(0, 6).map((device) => (
                <tr key={device.id}>
                  <td>{nameOf(device)}</td>
                  <td>{String(device[field]) || '–'}</td>
                  <td>{value}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
      {devices.length > 6 && <p className="soft small">and {devices.length - 6} more</p>}
      <Button disabled={!value} loading={change.isPending} onClick={() => change.mutate()}>
        Change {many(ids.length, 'device')}
      </Button>
    </div>
  );
}
