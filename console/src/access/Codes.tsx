/** Recovery codes, shown once. */
import { Button, CopyButton } from '@mantine/core';

export function Codes({ codes }: { codes: readonly string[] }) {
  return (
    <>
      <p className="soft">
        Each lets you in once if you lose your passkey or phone. They are shown only now: print them
        or put them into a password manager.
      </p>
      <ul className="codes" aria-label="Recovery codes">
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ul>
      <CopyButton value={codes.join('\n')}>
        {({ copied, copy }) => (
          <Button variant="default" onClick={copy}>
            {copied ? 'Copied' : 'Copy all'}
          </Button>
        )}
      </CopyButton>
    </>
  );
}
