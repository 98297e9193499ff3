import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { STARTED_AT, Studio } from '../../recordings/src/testing/studio.ts';
import {
  exported,
  faultOf,
  filesOf,
  HexEditor,
  recordTwo,
  relist,
  zipOf,
  type Files,
  type Kind,
} from './testing/exports.ts';
import { zipPlaces, type Place } from './testing/zipPlaces.ts';

/*
 * Every part of both kinds of export is changed in turn, and each time the first thing that is wrong must be named: by who
 * has a hex editor, by who makes the sums of the zip anew, and by who has the server's key as well.
 */

let studio: Studio;
const KINDS: Kind[] = ['export', 'sealed export'];
/** Of two people, and as small as one can be. */
const whole = new Map<Kind, Buffer>();
const small = new Map<Kind, Buffer>();
/** Of the first, and of another recording. */
const ours = new Map<Kind, Files>();
const others = new Map<Kind, Files>();

beforeAll(async () => {
  studio = await Studio.open();
  await recordTwo(studio, 'r1');
  await recordTwo(studio, 'r2', 1200);
  await (await studio.record('r3')).stop(STARTED_AT + 20);
  for (const kind of KINDS) {
    whole.set(kind, await exported(studio, 'r1', kind));
    small.set(kind, await exported(studio, 'r3', kind));
    ours.set(kind, filesOf(studio, whole.get(kind)!));
    others.set(kind, filesOf(studio, await exported(studio, 'r2', kind)));
  }
}, 60_000);
afterAll(async () => await studio.close());

const fault = (bytes: Buffer): string => faultOf(studio, bytes);
/** To be changed. */
const files = (kind: Kind): Files =>
  new Map([...ours.get(kind)!].map(([name, content]) => [name, Buffer.from(content)]));

/** Signs the list anew, as who has the server's key can; and what is wrong then. */
async function relisted(changed: Files): Promise<string> {
  relist(changed, studio.keys.exportKey);
  return fault(await zipOf(changed));
}

/** What is to be said of a byte of the zip that was changed. */
function expected({ part, name }: Place): RegExp {
  if (part === 'content') return new RegExp(`^${name} is not as its checksum in the zip says`);
  if (part === 'head') return new RegExp(`^The head of "${name}" in the zip was changed`);
  if (part === 'sum') return new RegExp(`^What follows "${name}" in the zip was changed`);
  // Of what the directory tells, other parts of the zip can be the first that do not fit.
  if (part === 'directory')
    return /^(The directory of the zip|The (head|end) of|What follows|The zip was cut)/;
  return /^The (end|directory) of the zip|^The zip was cut|^There are bytes between/;
}

describe.each(KINDS)('%s, by a hex editor', (kind) => {
  it('has every byte of a small one changed, and each is found where it is', () => {
    const bytes = small.get(kind)!;
    expect(fault(bytes)).toBe('ok');
    const editor = new HexEditor(studio, kind, bytes);
    const wrong: unknown[] = [];
    for (const { from, to, ...place } of zipPlaces(bytes)) {
      for (let at = from; at < to; at++) {
        const message = editor.faultWith(at, 1 << (at % 8));
        if (!expected(place).test(message)) wrong.push({ at: at - from, ...place, message });
      }
    }
    editor.close();
    expect(wrong).toEqual([]);
  }, 240_000);

  it('has first, middle and last byte of each part changed', () => {
    const bytes = whole.get(kind)!;
    expect(fault(bytes)).toBe('ok');
    const editor = new HexEditor(studio, kind, bytes);
    for (const { from, to, ...place } of zipPlaces(bytes)) {
      for (const at of new Set([from, (from + to) >> 1, to - 1])) {
        expect(editor.faultWith(at, 0x80), JSON.stringify(place)).toMatch(expected(place));
      }
    }
    editor.close();
  }, 30_000);

  it('is cut off anywhere, or added to', () => {
    const bytes = small.get(kind)!;
    const zip = /zip/;
    for (let length = 0; length < bytes.length; length += 37) {
      expect(fault(bytes.subarray(0, length)), `${length}`).toMatch(zip);
    }
    for (const more of [Buffer.from([0]), bytes]) {
      expect(fault(Buffer.concat([bytes, more]))).toMatch(zip);
      expect(fault(Buffer.concat([more, bytes]))).toMatch(zip);
    }
    const middle = bytes.length >> 1;
    const twice = [bytes.subarray(0, middle), Buffer.from([0]), bytes.subarray(middle)];
    expect(fault(Buffer.concat(twice))).toMatch(zip);
  }, 30_000);
});

describe.each(KINDS)('%s, its zip made anew', (kind) => {
  /** Whose change shows in whose signature. */
  const named = (name: string): string =>
    name === 'keys/export.pem' ? 'export' : name.startsWith('export.') ? 'export.sig' : name;

  it('has a byte of each file changed', async () => {
    for (const [name, content] of files(kind)) {
      for (const at of new Set([0, content.length >> 1, content.length - 1])) {
        const changed = files(kind);
        changed.get(name)![at]! ^= 0x10;
        expect(fault(await zipOf(changed)), `${name} at ${at}`).toContain(named(name));
      }
    }
  });

  it('has each file left out, renamed, emptied, moved, or one added', async () => {
    for (const [name, content] of files(kind)) {
      const less = files(kind);
      less.delete(name);
      expect(fault(await zipOf(less)), name).toMatch(
        new RegExp(`^${name} is (in export.json, but )?missing from the zip`),
      );
      less.set(`x${name}`, content);
      expect(fault(await zipOf(less)), name).toMatch(/missing from the zip|does not belong/);
      const empty = files(kind).set(name, Buffer.alloc(0));
      expect(fault(await zipOf(empty)), name).toContain(named(name).replace(/\..*/, ''));
      const moved = files(kind);
      moved.delete(name);
      moved.set(name, content);
      const isLast = name === 'export.sig';
      expect(fault(await zipOf(moved)), name).toBe(
        isLast ? 'ok' : 'The files of the zip are in another order than export.json says.',
      );
    }
    for (const name of ['notes.txt', 'tracks/more.ogg', 'sealed/more.sealed', 'tracks/../x.ogg']) {
      const more = files(kind).set(name, Buffer.from('x'));
      // A zip writer refuses some by itself.
      const zip = await zipOf(more).catch(() => null);
      if (zip !== null) expect(fault(zip), name).toContain(name);
    }
  });
});

describe.each(KINDS)('%s, its list signed anew by the server', (kind) => {
  /** What only the server vouches for: its own list, what the mix decodes to, the end of the trail. */
  const own = /^(export\.|keys\/export\.pem|mix\.wav|audit\.jsonl)/;

  it('has a byte of each file that the recorder signed changed', async () => {
    for (const [name, content] of files(kind)) {
      if (own.test(name)) continue;
      for (const at of new Set([
        0,
        5,
        22,
        content.length >> 2,
        content.length >> 1,
        content.length - 1,
      ])) {
        const changed = files(kind);
        changed.get(name)![at]! ^= 0x10;
        expect(await relisted(changed), `${name} at ${at}`).toContain(name.replace('.sig', ''));
      }
    }
  });

  it('has each file taken from another recording’s export', async () => {
    const mine = [...files(kind).keys()];
    for (const [theirs, content] of others.get(kind)!) {
      // Tracks have other names there: one of them in the place of one of ours.
      const isTrack = /^(tracks|sealed)\/[0-9a-f]{16}\./.test(theirs);
      const name = isTrack ? mine.find((one) => one.startsWith(theirs.split('/')[0]!))! : theirs;
      if (/^(export\.|keys\/|mix\.wav)/.test(name)) continue;
      const changed = files(kind).set(name, content);
      expect(await relisted(changed), name).toMatch(
        name === 'audit.jsonl'
          ? 'Entry 1 of audit.jsonl is on another recording.'
          : new RegExp(name.replace('.sig', '').replace('seal.json', 'manifest.sig|seal.json')),
      );
    }
    // All that the recorder signed, of the one, in the export of the other.
    const changed = files(kind);
    for (const name of ['seal.json', 'manifest.sig', 'manifest.json', 'sealed/manifest.sealed']) {
      const content = others.get(kind)!.get(name);
      if (content) changed.set(name, content);
    }
    expect(await relisted(changed)).toBe(
      'seal.json and export.json are not of the same recording.',
    );
  });

  it('has tracks swapped, left out or doubled', async () => {
    const [a, b] = [...files(kind).keys()].filter((one) => /\/[0-9a-f]{16}\./.test(one));
    const swapped = files(kind);
    const [one, two] = [swapped.get(a!)!, swapped.get(b!)!];
    swapped.set(a!, two).set(b!, one);
    expect(await relisted(swapped)).toMatch(
      new RegExp(`^(${a}|${b}) (does not say what its manifest says|is not as it was sealed)`),
    );
    const without = files(kind);
    without.delete(b!);
    expect(await relisted(without)).toMatch(
      new RegExp(`^${b} is in the (manifest|seal), but missing from the zip`),
    );
    const more = a!.replace(/[0-9a-f]{16}/, 'more');
    const doubled = files(kind).set(more, one);
    expect(await relisted(doubled)).toMatch(new RegExp(`^${more} is not in the (manifest|seal)`));
  });

  it('has lines of the audit trail changed, left out, moved or doubled', async () => {
    const text = files(kind).get('audit.jsonl')!.toString();
    const [first, second] = text
      .trimEnd()
      .split('\n')
      .map((line) => `${line}\n`) as [string, string];
    const trail = async (content: string): Promise<string> =>
      await relisted(files(kind).set('audit.jsonl', Buffer.from(content)));
    expect(await trail(second)).toBe('Entry 1 of audit.jsonl does not follow the one before.');
    expect(await trail(second + first)).toContain('Entry 1 of audit.jsonl');
    expect(await trail(first + first + second)).toContain('Entry 2 of audit.jsonl');
    expect(await trail(text.trimEnd())).toBe('audit.jsonl has no end of line.');
    for (let at = 0; at < text.length; at += 31) {
      const other_ = text[at] === '7' ? '8' : '7';
      const changed = `${text.slice(0, at)}${other_}${text.slice(at + 1)}`;
      expect(await trail(changed), `${at}`).toMatch(/^Entry \d of audit|^audit\.jsonl/);
    }
  }, 30_000);
});
