import {
  AppError,
  type ConsentsView,
  type KeptRecordingView,
  type TimelineView,
  type UserRole,
} from '@switchroom/protocol';
import { flushPromises, type VueWrapper } from '@vue/test-utils';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RestClient } from '../api/RestClient.ts';
import { useSessionStore } from '../stores/session.ts';
import { buttonOf, mountApp } from '../testing/mountApp.ts';
import RecordingDetail from './RecordingDetail.vue';

const recording: KeptRecordingView = {
  ...{ id: 'r1', meetingId: 'm1', meetingTitle: 'Board', startedAt: '2026-03-01T10:00:00.000Z' },
  ...{ endedAt: '2026-03-01T10:01:00.000Z', durationMs: 60_000, state: 'sealed' },
  ...{ hold: null, deletion: null, expiresAt: null, key: 'here' },
  sealedTo: [{ fingerprint: '0f'.repeat(32), server: true }],
  storage: { place: 'local', bucket: null, lockedUntil: null },
  tracks: [
    {
      ...{ id: 't1', participantId: 'p1', participantName: 'Ann', kind: 'browser' },
      ...{ startMs: 0, endMs: 60_000 },
    },
  ],
};

const told = { participantId: 'p1', name: 'Ann', policy: 'required', language: 'en' } as const;
const consents: ConsentsView = {
  policy: 'required',
  consents: [
    { ...told, how: 'shown', at: '2026-03-01T10:00:01.000Z', atMs: 1000, words: 'May we?' },
    { ...told, how: 'button', at: '2026-03-01T10:00:02.000Z', atMs: 2000, words: 'May we?' },
    {
      ...told,
      participantId: 'p2',
      name: 'Bea',
      how: 'heard',
      at: '2026-03-01T10:00:03.000Z',
      atMs: 3000,
      words: 'Drücken Sie eins.',
    },
  ],
  pauses: [{ fromMs: 20_000, toMs: 30_000, by: { kind: 'user', id: 'u', name: 'h@example.org' } }],
};
const timeline: TimelineView = {
  events: [
    { atMs: 0, event: 'joined', participantId: 'p1' },
    { atMs: 3000, event: 'muted', participantId: 'p1' },
    { atMs: 9000, event: 'unmuted', participantId: 'p1' },
    { atMs: 40_000, event: 'held', participantId: 'p1' },
  ],
  gaps: [
    { file: 'mix', fromMs: 20_000, toMs: 30_000, reason: 'paused' },
    { file: 't1', fromMs: 20_000, toMs: 30_000, reason: 'paused' },
    { file: 't1', fromMs: 32_000, toMs: 35_000, reason: 'server-lost' },
  ],
};

let wrapper: VueWrapper;
/** What was asked of the server, in order. */
let asked: string[];
/** What it answers, by a part of the path; the recording otherwise. */
let refused: Record<string, AppError>;
let held: boolean;
let key: KeptRecordingView['key'];
let storage: KeptRecordingView['storage'];
let files: string[];
let damage: { fromMs: number; toMs: number }[];
/** As the header of the mix has it. */
let mixDamage: string;
let tracks: KeptRecordingView['tracks'];

beforeEach(() => {
  asked = [];
  refused = {};
  held = false;
  key = 'here';
  storage = recording.storage;
  files = [];
  damage = [];
  mixDamage = '';
  tracks = recording.tracks;
});
afterEach(() => wrapper.unmount());

async function open(roles: UserRole[]): Promise<void> {
  const call = async (method: string, path: string, _token: string, body?: object) => {
    asked.push(`${method} ${path}${body ? ` ${JSON.stringify(body)}` : ''}`);
    const problem = Object.entries(refused).find(([part]) => path.endsWith(part));
    if (problem) throw problem[1];
    if (path.endsWith('/statements')) return { consents, timeline };
    if (path.includes('/peaks')) return { stepMs: 50, peaks: [0, 300, 0], damage };
    if (method === 'PUT') held = true;
    const hold = { reason: 'Case 7', by: 'o@example.org', at: '2026-03-02T00:00:00.000Z' };
    return { ...recording, key, storage, tracks, hold: held ? hold : null };
  };
  const file = (path: string) => {
    files.push(path);
    const problem = Object.entries(refused).find(([part]) => path.endsWith(part));
    if (problem) return Promise.reject(problem[1]);
    const isMix = path.endsWith('r1/audio');
    const headers = new Headers(isMix ? { 'recording-damage': mixDamage } : {});
    return Promise.resolve({ content: new Blob(), headers });
  };
  const rest = { call, file } as unknown as RestClient;
  wrapper = mountApp(RecordingDetail, { props: { recordingId: 'r1' }, rest });
  useSessionStore().signedIn({
    token: 't',
    user: { id: 'u', email: 'o@example.org', role: 'host', roles },
  });
  await flushPromises();
}

const labels = () => wrapper.findAll('button').map((one) => one.text());

async function give(reason: string): Promise<void> {
  const dialog = document.querySelector('[role=dialog]');
  const input = dialog?.querySelector('input');
  if (!input) throw new Error('no dialog asks for a reason');
  input.value = reason;
  input.dispatchEvent(new Event('input'));
  dialog?.querySelector('form')?.dispatchEvent(new Event('submit'));
  await flushPromises();
}

describe('a recording', () => {
  it('a host gets no buttons for what only officers do, and is told of a 403 in words', async () => {
    await open(['host']);
    expect(labels()).toEqual(['Listen']);
    refused['/peaks'] = new AppError('forbidden', 'Only officers.');
    await buttonOf(wrapper, 'Listen').trigger('click');
    await flushPromises();
    expect(wrapper.text()).toContain('You are not allowed to do this.');
    expect(wrapper.find('[aria-label=Player]').exists()).toBe(false);
  });

  it.each([
    ['elsewhere', 'is not on this server'],
    ['lost', 'is missing on this server'],
  ] as const)(
    'says that the key is %s, plays nothing, and exports it sealed',
    async (how, words) => {
      key = how;
      await open(['compliance-officer']);
      expect(wrapper.text()).toContain(words);
      expect(wrapper.text()).toContain('0f0f0f0f0f0f0f0f (this server’s)');
      expect(labels()).toEqual(['Export, sealed', 'Put on hold', 'Delete']);
      await buttonOf(wrapper, 'Export, sealed').trigger('click');
      await flushPromises();
      expect(files).toEqual(['/recordings/r1/export?sealed=true']);
    },
  );

  it('says who was told and who agreed, to which words, and where it was paused', async () => {
    await open(['compliance-officer']);
    const section = wrapper.find('[aria-label=Consent]');
    const [ann, bea] = section.findAll('.people > li').map((one) => one.text());
    expect(ann).toMatch(/^Ann\s*Shown text 1, .*Agreed to text 1 by button/s);
    expect(bea).toMatch(/^Bea\s*no answer\s*Heard text 2/);
    expect(section.findAll('.texts > li').map((one) => one.text())).toEqual([
      'May we?',
      'Drücken Sie eins.',
    ]);
    expect(section.text()).toContain('Paused from 0:20 to 0:30 by h@example.org');
  });

  it('marks on the lane where a track was muted, on hold, or has no sound, and says it in words', async () => {
    await open(['compliance-officer']);
    await buttonOf(wrapper, 'Listen').trigger('click');
    await flushPromises();
    const marks = wrapper.findAll<HTMLElement>('.mark').map(({ element: { dataset, style } }) => {
      return [dataset['kind'], Number.parseFloat(style.left), Number.parseFloat(style.width)];
    });
    expect(marks).toEqual([
      ['muted', 5, 10],
      ['paused', expect.closeTo(33.33), expect.closeTo(16.67)],
      ['server-lost', expect.closeTo(53.33), 5],
      ['held', expect.closeTo(66.67), expect.closeTo(33.33)],
    ]);
    const legend = wrapper.findAll('[aria-label="What the patterns mean"] li');
    const kinds = ['Muted', 'Recording paused', 'Connection to the server lost', 'Call on hold'];
    expect(legend.map((one) => one.text())).toEqual(kinds);
    const words = wrapper.find('details');
    expect(words.find('summary').text()).toBe(`Ann: ${kinds.map((one) => `${one} 1×`).join(', ')}`);
    expect(words.findAll('li').map((one) => one.text())).toEqual([
      'Muted, 0:03 to 0:09',
      'Recording paused, 0:20 to 0:30',
      'Connection to the server lost, 0:32 to 0:35',
      'Call on hold, 0:40 to 1:00',
    ]);
  });

  it('names what is damaged, and plays the rest where a track cannot be read at all', async () => {
    damage = [{ fromMs: 50_000, toMs: 50_500 }];
    const [ann] = recording.tracks;
    tracks = [ann!, { ...ann!, id: 't2', participantId: 'p2', participantName: 'Bea' }];
    await open(['compliance-officer']);
    refused['/t2/peaks'] = new AppError(
      'recording-damaged',
      'A file of it is gone from the vault.',
    );
    await buttonOf(wrapper, 'Listen').trigger('click');
    await flushPromises();
    const [first, second, ...more] = wrapper.findAll('.lanes > li').map((one) => one.text());
    expect(first).toContain('Damaged in storage, 0:50 to 0:51');
    expect([second, more]).toEqual([expect.stringMatching(/^Bea\s*cannot be read/), []]);
    // All that can be read is the mix.
    expect(files).toEqual(['/recordings/r1/audio']);
    await wrapper.find('[aria-label="Hear Ann only"]').trigger('click');
    await flushPromises();
    expect(files.at(-1)).toBe('/recordings/r1/tracks/t1/audio');
  });

  it('says where the mix is damaged, in words and by its pattern, and jumps there', async () => {
    mixDamage = '6000-9500, 45000-45250';
    await open(['compliance-officer']);
    await buttonOf(wrapper, 'Listen').trigger('click');
    await flushPromises();
    const mix = wrapper.find('[aria-label="Mix of everyone"]');
    expect(mix.text()).toContain('Part of the mix is damaged in storage');
    expect(mix.findAll('li').map((one) => one.text())).toEqual([
      ...['Damaged in storage, 0:06 to 0:09', 'Damaged in storage, 0:45 to 0:46'],
    ]);
    const marks = mix.findAll<HTMLElement>('[data-kind=damaged]');
    expect(marks.map(({ element }) => element.style.left)).toEqual(['10%', '75%']);
    const legend = wrapper.find('[aria-label="What the patterns mean"]');
    expect(legend.text()).toContain('Damaged in storage');
    await buttonOf(wrapper, 'Damaged in storage, 0:45 to 0:46').trigger('click');
    const slider = wrapper.find<HTMLInputElement>('[aria-label=Position]');
    expect(slider.element.value).toBe('45000');
  });

  it('says so where the mix cannot be read at all, and plays the tracks in its place', async () => {
    await open(['compliance-officer']);
    refused['r1/audio'] = new AppError('recording-damaged', 'A file of it is gone from the vault.');
    await buttonOf(wrapper, 'Listen').trigger('click');
    await flushPromises();
    expect(wrapper.find('[role=alert]').text()).toContain('The mix cannot be read');
    expect(wrapper.find('[aria-label="Mix of everyone"]').exists()).toBe(false);
    expect(files).toEqual(['/recordings/r1/audio', '/recordings/r1/tracks/t1/audio']);
  });

  it('says that a recording is not what was sealed, and plays nothing of it', async () => {
    const forged = new AppError(
      'recording-damaged',
      'The recording cannot be read: the seal is forged.',
    );
    for (const part of ['/statements', '/peaks', '/audio']) refused[part] = forged;
    await open(['compliance-officer']);
    expect(wrapper.find('[role=alert]').text()).toContain('its seal or its manifest is damaged');
    await buttonOf(wrapper, 'Listen').trigger('click');
    await flushPromises();
    const player = wrapper.find('[aria-label=Player]');
    expect(player.find('[role=alert]').text()).toContain('Nothing of this recording can be played');
    expect(player.find('.lanes > li').text()).toMatch(/^Ann\s*cannot be read/);
    expect(player.find('audio').exists()).toBe(false);
    expect(player.find('button, input').exists()).toBe(false);
  });

  it.each([
    [{ place: 'local', bucket: null, lockedUntil: null }, /Kept\s*on this server’s disk$/],
    [
      { place: 'moving', bucket: 's3://b/rec', lockedUntil: null },
      /on this server’s disk, on its way to s3:\/\/b\/rec$/,
    ],
    [
      { place: 'store', bucket: 's3://b/rec', lockedUntil: '2030-03-01T10:00:00.000Z' },
      /Kept\s*in s3:\/\/b\/rec; nobody can delete it there before .*2030/,
    ],
    [
      { place: 'store', bucket: null, lockedUntil: null },
      /in a store that this server is not set up for$/,
    ],
  ] as const)('says where it is kept: %j', async (where, words) => {
    storage = where;
    await open(['compliance-officer']);
    const facts = wrapper.findAll('dl > div').map((one) => one.text());
    expect(facts.find((one) => one.startsWith('Kept') && !one.startsWith('Kept until'))).toMatch(
      words,
    );
  });

  it('asks for a reason where the policy wants one, and plays with it', async () => {
    await open(['compliance-officer']);
    refused['/peaks'] = new AppError('reason-required', 'Give a reason.');
    await buttonOf(wrapper, 'Listen').trigger('click');
    await flushPromises();
    await give('Complaint 12');
    expect(asked.at(-1)).toBe('GET /recordings/r1/tracks/t1/peaks?reason=Complaint%2012');
    expect(wrapper.find('[aria-label=Player]').exists()).toBe(true);
    expect(document.activeElement?.getAttribute('aria-label')).toBe('Player');
    expect(wrapper.text()).toContain('Ann');
  });

  it('is put on hold with a reason, and cannot be deleted then', async () => {
    await open(['compliance-officer']);
    expect(labels()).toEqual(['Listen', 'Export', 'Put on hold', 'Delete']);
    const button = buttonOf(wrapper, 'Put on hold');
    (button.element as HTMLElement).focus();
    await button.trigger('click');
    await flushPromises();
    await give('Case 7');
    // Whoever has no mouse is where they were.
    expect(document.activeElement?.textContent).toBe('Lift hold');
    // What the manifest says is read once: each reading is in the audit trail.
    expect(asked).toEqual([
      'GET /recordings/r1',
      'GET /recordings/r1/statements',
      'PUT /recordings/r1/hold {"reason":"Case 7"}',
      'GET /recordings/r1',
    ]);
    expect(wrapper.text()).toContain('by o@example.org: Case 7');
    expect(labels()).toEqual(['Listen', 'Export', 'Lift hold']);
  });
});
