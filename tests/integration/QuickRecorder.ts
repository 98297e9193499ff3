import { join } from 'node:path';
import type { MeetingView, RecordingStart, RecordingView } from '@switchroom/protocol';
import { plainIo } from '../../recordings/src/format/FileIo.ts';
import { Disk } from '../../recordings/src/recorder/Disk.ts';
import { Recording } from '../../recordings/src/recorder/Recording.ts';
import { Sealer } from '../../recordings/src/recorder/Sealer.ts';
import { loadSealingKey } from '../../recordings/src/recorder/sealingKey.ts';
import { StateJournal } from '../../recordings/src/recorder/StateJournal.ts';
import { encode, tone } from '../../recordings/src/testing/sound.ts';
import { play, STARTED_AT } from '../../recordings/src/testing/studio.ts';
import { Talker } from '../../recordings/src/testing/talker.ts';
import {
  askGateway,
  askMeet,
  joinTokenOf,
  next,
  type GatewaySocket,
  type Harness,
} from './serverHarness.ts';

const ANN = { id: 'p-ann', name: 'Ann', kind: 'browser' } as const;

/**
 * A recorder without any RTP: what it is asked to record is two seconds of a tone, written by the real classes into
 * the server's vault, in simulated time.
 */
export class QuickRecorder {
  readonly #server: Harness;
  readonly #journal: StateJournal;
  readonly #sealer: Sealer;
  readonly #open = new Map<string, Recording>();
  #socket!: GatewaySocket;

  private constructor(server: Harness, journal: StateJournal, sealer: Sealer) {
    this.#server = server;
    this.#journal = journal;
    this.#sealer = sealer;
  }

  static async connect(server: Harness): Promise<QuickRecorder> {
    const keys = join(server.dataDir, 'keys');
    const vaultDirectory = join(server.dataDir, 'vault');
    const key = await loadSealingKey(keys, vaultDirectory);
    const sealer = new Sealer({
      ...{ vaultDirectory, key, lockPath: join(keys, 'chain.lock'), wallTime: () => new Date() },
      onBroken: () => undefined,
    });
    const recorder = new QuickRecorder(server, await StateJournal.open(keys), sealer);
    recorder.#socket = await server.gateway('recorder', (socket) => {
      socket.on('recording:start', async (start, ack) => {
        await recorder.#start(start);
        ack({ ok: true, value: {} });
      });
      socket.on('recording:stop', async ({ recordingId }, ack) => {
        await recorder.#stop(recordingId);
        ack({ ok: true, value: {} });
      });
    });
    return recorder;
  }

  /** A sealed recording of a meeting that is made for it. */
  async record(wish: object = {}, token = this.#server.token): Promise<RecordingView> {
    const asked = { recording: 'always', title: 'Quarterly', ...wish };
    const made = await this.#server.rest('POST', '/meetings', asked, token);
    const meeting = (await made.json()) as MeetingView;
    const socket = await this.#server.meet();
    const changed = next(socket, 'recording:changed');
    const joinToken = joinTokenOf(meeting);
    await askMeet(socket, 'room:join', { joinToken, name: 'Ann', rtpCapabilities: {} });
    await changed;
    socket.disconnect();
    for (;;) {
      const list = await this.#server.rest('GET', `/recordings?meetingId=${meeting.id}`);
      const [found] = ((await list.json()) as { items: RecordingView[] }).items;
      if (found?.state === 'sealed') return found;
    }
  }

  async close(): Promise<void> {
    this.#socket.disconnect();
    await this.#sealer.close();
  }

  async #start(start: RecordingStart): Promise<void> {
    const recording = await Recording.create({
      ...{ vaultDirectory: join(this.#server.dataDir, 'vault'), start },
      ...{ journal: this.#journal, sealer: this.#sealer, disk: new Disk(plainIo) },
      ...{ recorder: 'quick', software: 'switchroom test', now: STARTED_AT, wallTime: new Date() },
      onChange: () => undefined,
    });
    this.#open.set(start.recordingId, recording);
    await recording.addTrack(ANN, STARTED_AT);
    const talker = new Talker(1, await encode(tone(440, 1500)));
    play(recording, [{ participantId: ANN.id, talker, fromMs: 100 }], 0, 2000);
  }

  async #stop(recordingId: string): Promise<void> {
    const recording = this.#open.get(recordingId);
    if (!recording) throw new Error(`${recordingId} was never begun.`);
    await recording.stop(STARTED_AT + 2000);
    await askGateway(this.#socket, 'recording:report', { recording: recording.view });
  }
}
