/** One finding: what, why, how to fix it, what proves it, and what people said. */
import { Button, Select, Textarea } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { usePeople } from '../access/usePeople.ts';
import { type Answers, call } from '../api/client.ts';
import { useAct, useAsk } from '../frame/queries.ts';
import { May, useMay } from '../frame/session.tsx';
import { Severity } from '../parts/page.tsx';
import { Asked } from '../parts/states.tsx';
import { Time } from '../parts/Time.tsx';
import { day } from '../parts/words.ts';
import { useAssign, useReopen } from './acts.tsx';
import { Evidence } from './Evidence.tsx';

type Known = Answers['GET /findings/{id}'];
interface Control {
  readonly why: string;
  readonly fix: string;
}

export function Finding({ id, accept }: { id: string; accept: () => void }) {
  const finding = useAsk('GET /findings/{id}', { path: { id } });
  return (
    <Asked of={finding}>
      {(finding) => (
        <article className="sheet" aria-label={finding.title} key={finding.id}>
          <Top finding={finding} accept={accept} />
          <Why control={finding.control} note={finding.note} />
          <h2>What proves it</h2>
          <Evidence key={finding.id} finding={finding} />
          <Comments finding={finding} />
        </article>
      )}
    </Asked>
  );
}

function Top({ finding, accept }: { finding: Known; accept: () => void }) {
  const may = useMay();
  const reopen = useReopen();
  const assign = useAssign();
  const { people, nameOf } = usePeople();
  const { acceptance, assignee } = finding;
  return (
    <>
      <div className="tight">
        <div className="acts">
          <Severity of={finding.severity} />
          <span className="small soft">
            {finding.control} · {finding.state} · seen <Time at={finding.lastSeen} />
          </span>
        </div>
        <h2>{finding.title}</h2>
        <Link to="/devices/$id" params={{ id: finding.device }}>
          {finding.deviceName}
        </Link>
      </div>
      {acceptance && (
        <p>
          Accepted by {nameOf(acceptance.by)} until {day(acceptance.expires)}: “{acceptance.reason}”
        </p>
      )}
      <div className="acts">
        {finding.state === 'open' && may('findings.accept') && (
          <Button onClick={accept}>Accept the risk</Button>
        )}
        {finding.state === 'accepted' && may('findings.accept') && (
          <Button variant="default" onClick={() => reopen([finding.id])}>
            Take the acceptance back
          </Button>
        )}
        {may('findings.work') ? (
          <Select
            aria-label="Owner"
            placeholder="Nobody owns it yet"
            clearable
            data={people.map(({ id, name }) => ({ value: id, label: name ?? id }))}
            value={assignee}
            onChange={(to) => assign.mutate({ findings: [finding.id], to })}
          />
        ) : (
          <span className="soft">{assignee ? `Owner: ${nameOf(assignee)}` : 'Nobody owns it'}</span>
        )}
      </div>
    </>
  );
}

function Why({ control, note }: { control: string; note: string }) {
  const { data } = useAsk('GET /controls/{id}', { path: { id: control } });
  const known = data as Control | undefined;
  if (!known) return note ? <p>{note}</p> : null;
  return (
    <>
      {note && <p>{note}</p>}
      <p>{known.why}</p>
      <p>
        <b>How to fix it.</b> {known.fix}
      </p>
    </>
  );
}

function Comments({ finding }: { finding: Known }) {
  const [text, setText] = useState('');
  const { nameOf } = usePeople();
  const add = useAct(async () => {
    await call('POST /findings/{id}/comments', { path: { id: finding.id }, body: { text } });
    setText('');
  });
  return (
    <>
      {finding.comments.length > 0 && (
        <section className="stack" aria-label="Comments">
          {finding.comments.map(({ id, person, time, text }) => (
            <div key={id}>
              <div className="small soft">
                {nameOf(person)}, <Time at={time} />
              </div>
              <p>{text}</p>
            </div>
          ))}
        </section>
      )}
      <May permission="findings.work">
        <Textarea
          id="comment"
          label="Comment"
          autosize
          minRows={2}
          value={text}
          onChange={({ currentTarget }) => setText(currentTarget.value)}
        />
        {text.trim() && (
          <div>
            <Button loading={add.isPending} onClick={() => add.mutate()}>
              Add comment
            </Button>
          </div>
        )}
      </May>
    </>
  );
}
