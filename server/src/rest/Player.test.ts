import { recordingPolicySchema, type RecordingView, type UserRole } from '@switchroom/protocol';
import { beforeEach, describe, expect, it } from 'vitest';
import { userAt, type AuditDraft } from '../audit/AuditTrail.ts';
import { Player, type Wish } from './Player.ts';

const recording: RecordingView = {
  ...{ id: 'r1', meetingId: 'm1', startedAt: '2026-03-01T10:00:00.000Z', endedAt: null },
  ...{ durationMs: null, state: 'sealed', tracks: [] },
};
const sound = { recording, trackId: 't1' };

let written: AuditDraft[];
let isBroken: boolean;
let player: Player;

function openPlayer(policy: object): Player {
  return new Player({
    recordingPolicy: { value: recordingPolicySchema.parse(policy) },
    trail: {
      append: async (draft) => {
        if (isBroken) throw new Error('disk');
        written.push(draft);
      },
    },
  });
}

function wish(role: UserRole, reason?: string, method = 'GET'): Wish {
  const user = { id: role, email: `${role}@example.org`, role, roles: [role] };
  return {
    ...{ params: { id: 'r1' }, query: { reason }, user, source: userAt(user, '192.0.2.7') },
    token: role,
    request: { method, route: { path: '/recordings/:id/audio' } },
  };
}

beforeEach(() => {
  written = [];
  isBroken = false;
  player = openPlayer({});
});

describe('player.check()', () => {
  it('writes down the host whom the policy keeps from hearing, and of what', async () => {
    await expect(player.check(wish('host', 'Curious'))).rejects.toMatchObject({
      code: 'forbidden',
    });
    expect(written).toEqual([
      {
        ...userAt({ id: 'host', email: 'host@example.org', role: 'host', roles: ['host'] }, ''),
        ...{ address: '192.0.2.7', action: 'access.refused', outcome: 'refused' },
        subject: { type: 'recording', id: 'r1' },
        details: { method: 'GET', path: '/recordings/:id/audio', reason: 'Curious' },
      },
    ]);
  });

  it('writes nothing of who may, nor of who has yet to say why', async () => {
    await player.check(wish('compliance-officer'));
    player = openPlayer({ hostsMayPlay: true, reasonToPlay: true });
    await player.check(wish('host', 'Case 7'));
    for (const reason of [undefined, '']) {
      await expect(player.check(wish('host', reason))).rejects.toMatchObject({
        code: 'reason-required',
      });
    }
    expect(written).toEqual([]);
  });
});

describe('player.notePeaks()', () => {
  it('says which track, of what and why, once for five minutes, apart from its being heard', async () => {
    const officer = wish('compliance-officer', 'Case 7');
    await player.notePeaks(officer, sound);
    await player.notePeaks(officer, sound);
    await player.notePeaks(officer, { recording, trackId: 't2' });
    await player.noteSound(officer, sound, true);
    const said = written.map(({ action, subject, details }) => ({ action, subject, details }));
    const subject = { type: 'recording', id: 'r1' };
    const reason = 'Case 7';
    expect(said).toEqual([
      { action: 'recording.viewed', subject, details: { part: 'peaks', trackId: 't1', reason } },
      { action: 'recording.viewed', subject, details: { part: 'peaks', trackId: 't2', reason } },
      { action: 'recording.played', subject, details: { trackId: 't1', reason } },
    ]);
  });
});

describe('player.noteSound()', () => {
  it('parts of one sound are one hearing, the whole is one each time, HEAD is none', async () => {
    const officer = wish('compliance-officer');
    for (const isPart of [true, true, false, false]) {
      await player.noteSound(officer, sound, isPart);
    }
    await player.noteSound(wish('compliance-officer', undefined, 'HEAD'), sound, false);
    expect(written).toHaveLength(3);
  });

  it('what could not be written down is tried again at the next part', async () => {
    const officer = wish('compliance-officer');
    isBroken = true;
    await expect(player.noteSound(officer, sound, true)).rejects.toThrow('disk');
    isBroken = false;
    await player.noteSound(officer, sound, true);
    expect(written).toHaveLength(1);
  });
});
