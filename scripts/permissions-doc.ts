/** Writes the table of docs/permissions.md from src/access/permissions.ts: `node scripts/permissions-doc.ts`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { PERMISSIONS_MARK, permissionsPage } from '../src/access/permissions.ts';

const document = new URL('../docs/permissions.md', import.meta.url);
const [guide] = readFileSync(document, 'utf8').split(PERMISSIONS_MARK);
writeFileSync(document, `${guide}${PERMISSIONS_MARK}\n\n${permissionsPage()}`);
