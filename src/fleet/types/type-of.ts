/**
 * What type of device it is, judged by what it says of itself: rules that are data (rules.ts), each with the field it
 * reads, what it looks for and how far it is to be trusted. Of one field the best rule for a type counts, fields add up,
 * and types that contradict each other share by their odds; no rule, no answer.
 */
import type { Device, StatedType } from '../device.ts';
import type { TypeRule } from './rule.ts';
import { spokenWords } from './rules/words.ts';
import { rules } from './rules.ts';
import { type Statement, type StatementSource, statements } from './statements.ts';

/** Below this the best candidate is not an answer. */
const ANSWER_PROBABILITY_MIN = 0.6;
const CERTAINTY_MAX = 0.99;
const CANDIDATES_MAX = 5;
const EVIDENCE_MAX = 16;

/** A rule that a text meets. */
interface Answer {
  readonly rule: string;
  readonly type: string;
  readonly trust: number;
}

interface Hit extends Answer {
  readonly statement: Statement;
}

export function typeOf(device: Device): StatedType {
  const said = statements(device);
  const focus = focusOf(said);
  /** By type, then by source: the best hit. */
  const best = new Map<string, Map<StatementSource, Hit>>();
  for (const statement of said) {
    const { source } = statement;
    for (const { rule, type, trust: full } of answersTo(statement)) {
      const trust = source === 'lookup' ? full * focus : full;
      let bySource = best.get(type);
      if (!bySource) {
        bySource = new Map();
        best.set(type, bySource);
      }
      const known = bySource.get(source);
      if (!known || known.trust < trust) bySource.set(source, { rule, type, trust, statement });
    }
  }
  const candidates = candidatesOf(best);
  const [first] = candidates;
  const type = first && first.probability >= ANSWER_PROBABILITY_MIN ? first.type : undefined;
  return { type, candidates, evidence: evidenceOf(best, type) };
}

function candidatesOf(
  best: ReadonlyMap<string, ReadonlyMap<StatementSource, Hit>>,
): StatedType['candidates'][number][] {
  const odds = [...best].map(([type, hits]) => {
    let doubt = 1;
    for (const { trust } of hits.values()) doubt *= 1 - trust;
    const certainty = Math.min(1 - doubt, CERTAINTY_MAX);
    return { type, odds: certainty / (1 - certainty) };
  });
  // One part is kept for being something else, so that of one candidate the probability is its certainty.
  const total = odds.reduce((sum, one) => sum + one.odds, 1);
  return odds
    .map(({ type, odds }) => ({ type, probability: Math.round((odds / total) * 1000) / 1000 }))
    .sort((a, b) => b.probability - a.probability)
    .slice(0, CANDIDATES_MAX);
}

/** What speaks for the answer first, then what speaks against it; the most telling first. */
function evidenceOf(
  best: ReadonlyMap<string, ReadonlyMap<StatementSource, Hit>>,
  answer: string | undefined,
): StatedType['evidence'][number][] {
  return [...best.values()]
    .flatMap((hits) => [...hits.values()])
    .sort((a, b) => Number(b.type === answer) - Number(a.type === answer) || b.trust - a.trust)
    .slice(0, EVIDENCE_MAX)
    .map(({ rule, type, statement: { source, text, at } }) => ({
      rule,
      text: `its ${source} is “${text}”, which speaks for ${type}`,
      at,
    }));
}

/**
 * How far a lookup tells what the device itself is, from 0 to 1: a thing calls the few domains of its maker, while
 * phones, computers and whoever forwards for others look up everything.
 */
function focusOf(said: readonly Statement[]): number {
  const domains = new Set<string>();
  for (const { source, text } of said) {
    if (source !== 'lookup' || INFRASTRUCTURE.test(text)) continue;
    domains.add(text.split('.').slice(-2).join('.'));
  }
  if (domains.size <= 6) return 1;
  return domains.size <= 15 ? 0.6 : 0.3;
}

/** Time servers and hosting: everybody's, so they make nobody's circle wider. */
const INFRASTRUCTURE =
  /\.?(ntp\.org|nist\.gov|amazonaws\.com|cloudfront\.net|akamai\w*\.net|azure\.com|windows\.net)$/;

/** What devices say of themselves repeats from device to device, so what follows from a text is kept. */
const answers = new Map<string, readonly Answer[]>();
const ANSWERS_MAX = 5000;

/** What follows from a text, whoever says it. */
function answersTo({ source, text }: Statement): readonly Answer[] {
  const key = `${source} ${text}`;
  let known = answers.get(key);
  if (!known) {
    if (answers.size >= ANSWERS_MAX) answers.clear();
    known = [...byRules(source, text), ...byWords(source, text)];
    answers.set(key, known);
  }
  return known;
}

function* byRules(source: StatementSource, text: string): Iterable<Answer> {
  const table = tableOf(source);
  if (!table) return;
  const plain = text.toLowerCase();
  for (const key of source === 'lookup' ? domainsOf(plain) : [plain]) {
    for (const { type, trust } of table.exact.get(key) ?? [])
      yield { rule: `${source}: ${key}`, type, trust };
  }
  for (const { type, trust, pattern } of table.patterns) {
    if (pattern.test(text)) yield { rule: `${source}: ${pattern.source}`, type, trust };
  }
}

function* byWords(source: StatementSource, text: string): Iterable<Answer> {
  for (const { word, type, trust } of spokenWords(source, text))
    yield { rule: `${source}: the word ${word}`, type, trust };
}

/** A name and all domains that it is below of. */
function* domainsOf(name: string): Iterable<string> {
  yield name;
  for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1))
    yield name.slice(dot + 1);
}

/** The rules about one source: those with a fixed text by that text, the others in a row. */
interface RuleTable {
  readonly exact: Map<string, TypeRule[]>;
  readonly patterns: { readonly type: string; readonly trust: number; readonly pattern: RegExp }[];
}

let tables: Map<StatementSource, RuleTable> | undefined;

function tableOf(source: StatementSource): RuleTable | undefined {
  tables ??= indexed(rules);
  return tables.get(source);
}

function indexed(all: readonly TypeRule[]): Map<StatementSource, RuleTable> {
  const bySource = new Map<StatementSource, RuleTable>();
  for (const rule of all) {
    let table = bySource.get(rule.source);
    if (!table) {
      table = { exact: new Map(), patterns: [] };
      bySource.set(rule.source, table);
    }
    const { type, trust, says } = rule;
    if (typeof says !== 'string') table.patterns.push({ type, trust, pattern: says });
    else {
      const same = table.exact.get(says);
      if (same) same.push(rule);
      else table.exact.set(says, [rule]);
    }
  }
  return bySource;
}
