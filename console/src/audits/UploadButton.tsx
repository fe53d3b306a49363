/** Chooses a capture and sends it, with its progress, from any page. */
import { Button, Modal, Progress, Select, TextInput } from '@mantine/core';
import { IconUpload } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import { call } from '../api/client.ts';
import { queries, tell, useAsk } from '../frame/queries.ts';
import { useMay } from '../frame/session.tsx';
import { bytes } from '../parts/words.ts';
import { send } from './upload.ts';

export function UploadButton() {
  const may = useMay();
  const [file, setFile] = useState<File>();
  const input = useRef<HTMLInputElement>(null);
  if (!may('audits.run')) return null;
  return (
    <>
      <Button
        leftSection={<IconUpload size={16} aria-hidden />}
        onClick={() => input.current?.click()}
      >
        Upload a capture
      </Button>
      <input
        ref={input}
        type="file"
        hidden
        aria-label="Capture file"
        accept=".pcap,.pcapng,.cap,.gz,.zst,.dmp"
        onChange={({ currentTarget }) => {
          setFile(currentTarget.files?.[0]);
          currentTarget.value = '';
        }}
      />
      <Modal
        opened={file !== undefined}
        onClose={() => setFile(undefined)}
        title="Upload a capture"
      >
        {file && <Sending file={file} close={() => setFile(undefined)} />}
      </Modal>
    </>
  );
}

function Sending({ file, close }: { file: File; close: () => void }) {
  const { data: page } = useAsk('GET /sites', { query: { limit: 200 } });
  const sites = page?.items;
  const [site, setSite] = useState<string | null>(null);
  const [newSite, setNewSite] = useState('Main site');
  const [sent, setSent] = useState<number>();
  const [abort] = useState(() => new AbortController());
  const navigate = useNavigate();
  const chosen = site ?? sites?.[0]?.id;
  const start = async () => {
    try {
      setSent(0);
      const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
      const where =
        chosen ?? (await call('POST /sites', { body: { name: newSite, zone: zone || 'UTC' } })).id;
      await send(file, where, setSent, abort.signal);
      await queries.invalidateQueries();
      tell(`${file.name} arrived; its audit has begun.`);
      close();
      void navigate({ to: '/audits' });
    } catch (error) {
      if (!abort.signal.aborted) tell(error instanceof Error ? error.message : String(error), true);
      setSent(undefined);
    }
  };
  const stop = () => {
    abort.abort();
    close();
  };
  const percent = Math.floor((100 * (sent ?? 0)) / Math.max(1, file.size));
  return (
    <div className="stack">
      <p>
        <b>{file.name}</b>, {bytes(file.size)}
      </p>
      {sites && sites.length > 0 && (
        <Select
          label="Recorded at"
          data={sites.map(({ id, name }) => ({ value: id, label: name }))}
          value={chosen ?? null}
          onChange={setSite}
          allowDeselect={false}
        />
      )}
      {sites?.length === 0 && (
        <TextInput
          label="Name of the site where it was recorded"
          value={newSite}
          required
          onChange={({ currentTarget }) => setNewSite(currentTarget.value)}
        />
      )}
      {sent !== undefined && (
        <>
          <Progress value={percent} aria-label="Upload" />
          <p className="soft small" role="status">
            {percent} % sent. A lost connection is picked up again.
          </p>
        </>
      )}
      <div className="acts">
        <Button onClick={start} loading={sent !== undefined} disabled={!sites}>
          Upload and audit
        </Button>
        <Button variant="default" onClick={stop}>
          Cancel
        </Button>
      </div>
      <p className="soft small">
        The capture is deleted after its audit; findings keep their packets.
      </p>
    </div>
  );
}
