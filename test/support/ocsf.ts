/**
 * Checks events against the schema of OCSF as it is published (classes, objects and a dictionary, not JSON Schema):
 * resolves what a class extends and which attributes its objects have, and says everything that is wrong with an event.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Attribute {
  readonly type?: string;
  readonly is_array?: boolean;
  readonly requirement?: string;
  readonly sibling?: string;
  readonly enum?: Readonly<Record<string, { readonly caption: string }>>;
}
interface Definition {
  readonly name: string;
  readonly uid?: number;
  readonly caption: string;
  readonly category?: string;
  readonly extends?: string;
  readonly constraints?: Readonly<Record<string, readonly string[]>>;
  readonly attributes: Readonly<Record<string, Attribute | readonly string[]>>;
}
interface Observable {
  readonly observable?: number;
  readonly caption?: string;
}
interface DataType {
  readonly type?: string;
  readonly regex?: string;
  readonly max_len?: number;
  readonly range?: readonly [number, number];
}

/** Their values follow from the class and the activity. */
const DERIVED = new Set(['category_uid', 'class_uid', 'type_uid']);

export class OcsfSchema {
  readonly #events: ReadonlyMap<string, Definition>;
  readonly #objects: ReadonlyMap<string, Definition>;
  readonly #dictionary: Readonly<Record<string, Attribute>>;
  readonly #types: Readonly<Record<string, DataType>>;
  /** Values of `type_id` of observables: numbers that types, attributes and objects give themselves. */
  readonly #observables: Readonly<Record<string, { readonly caption: string }>>;
  readonly #categories: Readonly<
    Record<string, { readonly uid: number; readonly caption: string }>
  >;

  /** @param folder - with events, objects and the dictionary of one version. */
  constructor(folder: string) {
    const read = (name: string) => JSON.parse(readFileSync(join(folder, name), 'utf8'));
    const byName = (bundle: Record<string, Definition>): ReadonlyMap<string, Definition> =>
      new Map(Object.values(bundle).map((definition) => [definition.name, definition]));
    this.#events = byName(read('events.bundle.json'));
    this.#objects = byName(read('objects.bundle.json'));
    const dictionary = read('dictionary.json');
    this.#dictionary = dictionary.attributes;
    this.#types = dictionary.types.attributes;
    this.#observables = Object.fromEntries(
      [this.#types, this.#dictionary, Object.fromEntries(this.#objects)]
        .flatMap((all) => Object.values(all as Record<string, Observable>))
        .flatMap(({ observable, caption }) =>
          observable === undefined ? [] : [[String(observable), { caption: caption ?? '' }]],
        ),
    );
    this.#categories = read('categories.json').attributes;
  }

  /** What is wrong with an event, each with the place. */
  errors(event: Readonly<Record<string, unknown>>): string[] {
    const found: string[] = [];
    const definition = [...this.#events.values()].find(
      (each) => each.uid !== undefined && this.#classUid(each) === event.class_uid,
    );
    if (!definition) return [`class_uid: ${event.class_uid} is no class`];
    this.#object(event, this.#chain(definition, this.#events), '', found);
    const uid = this.#classUid(definition);
    const category = this.#categories[this.#categoryOf(definition)];
    const expected = {
      class_name: definition.caption,
      class_uid: uid,
      category_uid: category?.uid,
      category_name: category?.caption,
      type_uid: uid * 100 + Number(event.activity_id),
    };
    for (const [name, value] of Object.entries(expected))
      if (event[name] !== value) found.push(`${name}: ${event[name]} instead of ${value}`);
    return found;
  }

  #categoryOf(definition: Definition): string {
    for (const each of this.#chain(definition, this.#events))
      if (each.category) return each.category;
    return '';
  }

  #classUid(definition: Definition): number {
    return (
      (this.#categories[this.#categoryOf(definition)]?.uid ?? 0) * 1000 + (definition.uid ?? 0)
    );
  }

  /** The definition and what it extends, nearest first. */
  #chain(definition: Definition, all: ReadonlyMap<string, Definition>): Definition[] {
    const chain = [definition];
    for (let at = definition; at.extends !== undefined; ) {
      const parent = all.get(at.extends);
      if (!parent) break;
      chain.push(parent);
      at = parent;
    }
    return chain;
  }

  /** An attribute as the dictionary, the ancestors and the definition itself have it, the nearest last. */
  #attribute(name: string, chain: readonly Definition[]): Attribute | undefined {
    const layers = chain
      .map(({ attributes }) => attributes[name])
      .filter((layer): layer is Attribute => layer !== undefined && !Array.isArray(layer));
    if (layers.length === 0) return undefined;
    const merged: Attribute[] = [this.#dictionary[name] ?? {}, ...layers.reverse()];
    const observables = chain[0]?.name === 'observable' && name === 'type_id' && this.#observables;
    const values = Object.assign({}, ...merged.map((layer) => layer.enum ?? {}), observables || {});
    return {
      ...Object.assign({}, ...merged),
      ...(Object.keys(values).length > 0 ? { enum: values } : {}),
    };
  }

  #object(
    value: Readonly<Record<string, unknown>>,
    chain: readonly Definition[],
    place: string,
    found: string[],
  ): void {
    const names = new Set(chain.flatMap(({ attributes }) => Object.keys(attributes)));
    for (const name of names) {
      if (this.#attribute(name, chain)?.requirement === 'required' && value[name] === undefined)
        found.push(`${place}${name}: missing`);
    }
    // Constraints of what it extends hold where it has none of its own.
    const { at_least_one: some, just_one: one } =
      chain.find(({ constraints }) => constraints !== undefined)?.constraints ?? {};
    const given = (list: readonly string[]) => list.filter((each) => value[each] !== undefined);
    if (some && given(some).length === 0) found.push(`${place}one of ${some.join(', ')}: missing`);
    if (one && given(one).length !== 1) found.push(`${place}just one of ${one.join(', ')}`);
    for (const [name, held] of Object.entries(value)) {
      if (DERIVED.has(name)) continue;
      const attribute = names.has(name) ? this.#attribute(name, chain) : undefined;
      if (!attribute) found.push(`${place}${name}: no attribute here`);
      else this.#value(held, attribute, `${place}${name}`, found);
      const { enum: values, sibling } = attribute ?? {};
      const caption = values?.[String(held)]?.caption;
      const told = sibling === undefined ? undefined : value[sibling];
      if (told !== undefined && held !== 99 && told !== caption)
        found.push(`${place}${sibling}: ${told} instead of ${caption}`);
    }
  }

  #value(value: unknown, attribute: Attribute, place: string, found: string[]): void {
    if (attribute.is_array) {
      if (!Array.isArray(value)) found.push(`${place}: no list`);
      else
        for (const [i, each] of value.entries())
          this.#single(each, attribute, `${place}[${i}]`, found);
    } else this.#single(value, attribute, place, found);
  }

  #single(value: unknown, attribute: Attribute, place: string, found: string[]): void {
    const { type = '', enum: values } = attribute;
    if (values && !(String(value) in values))
      found.push(`${place}: ${value} is none of the values`);
    const object = this.#objects.get(type);
    if (object) {
      if (typeof value !== 'object' || value === null) found.push(`${place}: no object`);
      else if (type !== 'object')
        this.#object(
          value as Record<string, unknown>,
          this.#chain(object, this.#objects),
          `${place}.`,
          found,
        );
      return;
    }
    const known = this.#types[type];
    if (!known) found.push(`${place}: unknown type ${type}`);
    else if (!this.#fits(value, type, known))
      found.push(`${place}: ${JSON.stringify(value)} is no ${type}`);
  }

  #fits(value: unknown, name: string, type: DataType): boolean {
    const basic = type.type ?? name;
    if (basic === 'json_t') return true;
    if (basic === 'boolean_t') return typeof value === 'boolean';
    if (basic === 'integer_t' || basic === 'long_t') {
      const [least, most] = type.range ?? [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER];
      return Number.isInteger(value) && Number(value) >= least && Number(value) <= most;
    }
    if (basic === 'float_t') return typeof value === 'number';
    if (typeof value !== 'string' || value.length > (type.max_len ?? Number.POSITIVE_INFINITY))
      return false;
    return type.regex === undefined || new RegExp(type.regex).test(value);
  }
}
