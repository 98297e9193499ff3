import type {
  gatewayRequests,
  GatewayResults,
  RecordingCounts,
  VaultAlarm,
} from '@switchroom/protocol';
import type { Alarm } from '../../alarms/Alarms.ts';
import type { StreamLook } from '../../recording/ledger/StreamWatch.ts';
import type { Handlers } from '../handle.ts';
import type { SoundCounts } from './GatewayLink.ts';
import type { GatewayDeps, GatewaySession } from './GatewaySession.ts';

/** What a recorder reports. */
export function recordingHandlers(
  session: GatewaySession,
  { alarms, recordings }: GatewayDeps,
): Pick<
  Handlers<typeof gatewayRequests, GatewayResults>,
  'recording:report' | 'recording:counts' | 'vault:alarm'
> {
  return {
    async 'recording:report'({ recording }) {
      session.mustBe('recorder');
      await recordings.report(recording);
      return {};
    },

    async 'recording:counts'(counts) {
      session.mustBe('recorder');
      const link = session.link(counts.meetingId);
      const sounds = await link.sounds();
      const looks = sounds.map((sound) => lookAt(sound, counts));
      recordings.ledger.look(counts.recordingId, looks, (id) => link.forwardAnew(id));
      return {
        sent: sounds.flatMap(({ consumerId, sent }) =>
          consumerId === null ? [] : [{ consumerId, packets: sent }],
        ),
      };
    },

    async 'vault:alarm'(alarm) {
      session.mustBe('recorder');
      alarms.raise(alarmOf(alarm));
      return {};
    },
  };
}

function alarmOf(alarm: VaultAlarm): Alarm {
  if (alarm.kind === 'chain-broken') {
    const { kind, known, found } = alarm;
    const details = { known: String(known), found: String(found) };
    return { kind, subject: { type: 'vault', id: 'chain' }, details };
  }
  const { kind, recordingId, file } = alarm;
  return { kind, subject: { type: 'recording', id: recordingId, file }, details: { file } };
}

/** What there was of a sound, beside what the recorder has of it. */
function lookAt(
  { lost: upstreamLost, ...sound }: SoundCounts,
  { consumers, tracks }: RecordingCounts,
): StreamLook {
  return {
    ...sound,
    upstreamLost,
    arrived: consumers.find(({ consumerId }) => consumerId === sound.consumerId) ?? null,
    track: tracks.find(({ participantId }) => participantId === sound.participantId) ?? null,
  };
}
