/** Everything that happened, newest first. */
import { Select } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { Head } from '../parts/page.tsx';
import { Facts } from './Facts.tsx';

const route = getRouteApi('/inside/activity');
const KINDS = [
  ['finding.', 'Findings'],
  ['device.', 'Devices'],
  ['audit.', 'Audits'],
  ['person.', 'People'],
  ['session.', 'Sessions'],
  ['site.', 'Sites'],
].map(([value = '', label = '']) => ({ value, label }));

export function Activity() {
  const { action, subject } = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <>
      <Head
        title="Activity"
        lead="Every change, who made it and why. Nothing here can be edited."
      />
      <div className="filters">
        <Select
          label="About"
          placeholder="Everything"
          clearable
          data={KINDS}
          value={action ?? null}
          onChange={(next) => void navigate({ search: { subject, action: next ?? undefined } })}
        />
      </div>
      <section className="sheet" aria-label="Facts">
        <Facts {...(action ? { action } : {})} {...(subject ? { subject } : {})} />
      </section>
    </>
  );
}
