import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AlarmView } from '@switchroom/protocol';
import { AuditReader } from '../audit/AuditReader.ts';
import { AuditTrail } from '../audit/AuditTrail.ts';
import { openDatabase, type Database } from '../db/openDatabase.ts';
import { DamageLog } from '../recording/DamageLog.ts';
import { MeetingStore } from '../meetings/MeetingStore.ts';
import { RecordingStore } from '../recording/RecordingStore.ts';
import { Alarms } from './Alarms.ts';
import { AlarmWebhook, signatureOf } from './AlarmWebhook.ts';
import { lastingAlarms } from './lastingAlarms.ts';

const logger = pino({ level: 'silent' });
const SECRET = 'a secret of sixteen';
const meeting = { type: 'meeting', id: 'm1' } as const;

let dir: string;
let db: Database;
let alarms: Alarms;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'alarms-'));
  db = await openDatabase(dir);
  alarms = new Alarms({ trail: new AuditTrail(db), logger });
});
afterEach(async () => {
  await db.destroy();
  rmSync(dir, { recursive: true, force: true });
});

async function actions(): Promise<string[]> {
  const { items } = await new AuditReader(db).list({ limit: 50 });
  return items.map(({ action }) => action);
}

describe('Alarms', () => {
  it('raises one of a kind for each subject, until it is cleared', async () => {
    const told: string[] = [];
    alarms.events.on('raised', ({ kind }) => told.push(`raised ${kind}`));
    alarms.events.on('cleared', ({ kind }) => told.push(`cleared ${kind}`));
    alarms.raise({ kind: 'storage-full', subject: meeting, meetingId: 'm1' });
    alarms.raise({ kind: 'storage-full', subject: meeting, details: { freeMb: '3' } });
    alarms.raise({ kind: 'recording-damaged', subject: { type: 'recording', id: 'r1' } });
    expect(alarms.active).toMatchObject([
      { kind: 'recording-damaged' },
      { kind: 'storage-full', details: { freeMb: '3' }, meetingId: 'm1', clearedAt: null },
    ]);
    expect(alarms.of('m1')).toEqual(['storage-full']);
    alarms.clear('storage-full', meeting);
    alarms.clear('storage-full', meeting);
    expect(alarms.of('m1')).toEqual([]);
    expect(alarms.over).toMatchObject([{ kind: 'storage-full' }]);
    expect(alarms.over[0]!.clearedAt).not.toBeNull();
    expect(alarms.raised).toMatchObject({ 'storage-full': 1, 'recording-damaged': 1 });
    expect(told).toEqual([
      ...['raised storage-full', 'raised recording-damaged', 'cleared storage-full'],
    ]);
    await expect.poll(actions).toEqual(['alarm.cleared', 'alarm.raised', 'alarm.raised']);
  });
});

describe('a server that is started anew', () => {
  it('has the alarms that last until somebody has seen to them, and those alone', async () => {
    const owner = { id: 'u', email: 'u', passwordHash: '', role: 'host', roles: '[]' } as const;
    const createdAt = '2026-01-01T00:00:00.000Z';
    await db
      .insertInto('users')
      .values({ ...owner, createdAt, removedAt: null })
      .execute();
    const { id: meetingId } = await new MeetingStore(db).create({ id: owner.id }, {});
    const store = new RecordingStore(db);
    for (const id of ['r1', 'r2']) {
      await store.insert({ id, meetingId, startedAt: createdAt }, async () => undefined);
    }
    const damage = new DamageLog(alarms, logger);
    for (const recordingId of ['r1', 'r2', 'deleted'])
      damage.add({ recordingId, trackId: 'mix' }, []);
    damage.add({ recordingId: 'r1', trackId: 'seal' }, []);
    alarms.raise({ kind: 'chain-broken', subject: { type: 'vault', id: 'chain' } });
    alarms.raise({ kind: 'storage-full', subject: meeting });
    const before = alarms.active;
    alarms.clear('recording-damaged', { type: 'recording', id: 'r2', file: 'mix' });
    await expect.poll(async () => (await actions()).length).toBe(7);
    const lasting = await lastingAlarms(db);
    const isKept = ({ kind, subject }: AlarmView): boolean =>
      kind !== 'storage-full' && !['r2', 'deleted'].includes(subject.id);
    const anew = new Alarms({ trail: new AuditTrail(db), logger, lasting });
    const raisedAt = expect.any(String) as string;
    expect(anew.active).toEqual(before.filter(isKept).map((one) => ({ ...one, raisedAt })));
    // Found once more, it is the same still.
    new DamageLog(anew, logger).add({ recordingId: 'r1', trackId: 'mix' }, []);
    expect(anew.active).toHaveLength(3);
  });
});

describe('DamageLog', () => {
  it('raises an alarm for each damaged file, once however often it is looked at', async () => {
    const told: AlarmView['subject'][] = [];
    alarms.events.on('raised', ({ subject }) => told.push(subject));
    const log = new DamageLog(alarms, logger);
    const part = { fromMs: 0, toMs: 500 };
    const [mix, track] = ['mix', 't1'].map((trackId) => ({ recordingId: 'r1', trackId }));
    log.add(track!, [part]);
    log.add(mix!, []);
    log.add(track!, [part, part]);
    log.add({ ...mix!, recordingId: 'r2' }, []);
    const subjects = [
      { type: 'recording', id: 'r1', file: 't1' },
      { type: 'recording', id: 'r1', file: 'mix' },
      { type: 'recording', id: 'r2', file: 'mix' },
    ];
    expect(told).toEqual(subjects);
    expect(alarms.active.map(({ details }) => details['parts'])).toEqual(['1', '1', '2']);
    expect(log.parts).toBe(5);
    alarms.clear('recording-damaged', told[0]!);
    log.add(mix!, []);
    expect(alarms.active.map(({ subject }) => subject)).toEqual(subjects.slice(1).toReversed());
    log.add(track!, [part]);
    expect(told).toEqual([...subjects, subjects[0]]);
    const read = async () => (await new AuditReader(db).list({ limit: 50 })).items;
    await expect.poll(async () => (await read()).length).toBe(5);
    const [newest] = await read();
    expect(newest).toMatchObject({
      action: 'alarm.raised',
      subject: { type: 'recording', id: 'r1' },
      details: { file: 't1', kind: 'recording-damaged' },
    });
    expect(newest!.subject).not.toHaveProperty('file');
  });
});

describe('AlarmWebhook', () => {
  let receiver: Server;
  let webhook: AlarmWebhook;
  let answers: (number | 'redirect')[];
  const waits: number[] = [];
  const received: { message: { type: string; alarm: AlarmView }; signed: boolean }[] = [];

  beforeEach(async () => {
    answers = [];
    waits.length = 0;
    received.length = 0;
    receiver = createServer((request, response) => {
      void take(request).then(() => {
        const answer = answers.shift() ?? 204;
        if (answer === 'redirect') response.writeHead(307, { location: '/elsewhere' }).end();
        else response.writeHead(answer).end();
      });
    });
    receiver.listen(0, '127.0.0.1');
    await once(receiver, 'listening');
    const sleep = async (ms: number): Promise<void> => void waits.push(ms);
    webhook = new AlarmWebhook({
      ...{ alarms, logger, sleep, setting: await AlarmWebhook.openSetting(db) },
    });
  });
  afterEach(() => {
    webhook.close();
    receiver.close();
  });

  async function take(request: IncomingMessage): Promise<void> {
    const body = (await request.toArray()).join('');
    received.push({
      message: JSON.parse(body) as { type: string; alarm: AlarmView },
      signed: request.headers['switchroom-signature'] === signatureOf(body, SECRET),
    });
  }

  const setUrl = async (): Promise<void> => {
    const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
    await webhook.set({ url, secret: SECRET }, async () => undefined);
  };

  it('tells of what is raised and cleared, in order and signed, again until it is taken', async () => {
    alarms.raise({ kind: 'storage-full', subject: meeting });
    await setUrl();
    answers = [500, 'redirect'];
    alarms.clear('storage-full', meeting);
    alarms.raise({ kind: 'recording-incomplete', subject: meeting });
    await expect.poll(() => received.length).toBe(4);
    expect(received.map(({ message }) => `${message.type} ${message.alarm.kind}`)).toEqual([
      ...Array.from({ length: 3 }, () => 'alarm.cleared storage-full'),
      'alarm.raised recording-incomplete',
    ]);
    expect(received.every(({ signed }) => signed)).toBe(true);
    expect(waits).toEqual([1000, 2000]);
  });

  it('sends nothing to a URL with a password, which an older version took, and says nothing of it', async () => {
    const { port } = receiver.address() as AddressInfo;
    const lines: string[] = [];
    const write = (line: string): void => void lines.push(line);
    const setting = await AlarmWebhook.openSetting(db);
    const other = new AlarmWebhook({
      ...{ alarms, setting, logger: pino({}, { write }), sleep: async () => undefined },
    });
    await setting.set({ url: `http://ann:hunter2@127.0.0.1:${port}/`, secret: SECRET });
    alarms.raise({ kind: 'storage-full', subject: meeting });
    await expect.poll(() => lines.join('')).toContain('given up');
    expect(lines.join('')).not.toMatch(/hunter2/);
    expect(received).toEqual([]);
    other.close();
  });

  it('gives up in the end, and keeps its secret to itself', async () => {
    await setUrl();
    answers = Array.from({ length: 8 }, () => 503);
    alarms.raise({ kind: 'storage-full', subject: meeting });
    await expect.poll(() => received.length).toBe(8);
    alarms.clear('storage-full', meeting);
    await expect.poll(() => received.at(-1)?.message.type).toBe('alarm.cleared');
    expect(waits).toHaveLength(7);
    expect(webhook.view).toEqual({ url: expect.any(String) as string, hasSecret: true });
    await webhook.set({ url: null }, async () => undefined);
    expect(webhook.view).toEqual({ url: null, hasSecret: true });
    alarms.raise({ kind: 'storage-full', subject: meeting });
    webhook.close();
    webhook.close();
    expect(received).toHaveLength(9);
  });
});
