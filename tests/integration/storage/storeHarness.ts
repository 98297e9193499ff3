import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import type { KeptRecordingView, RecordingStart, S3Settings } from '@switchroom/protocol';
import { encode, play, STARTED_AT, Studio, Talker, tone } from '@switchroom/recordings/testing';
import { expect } from 'vitest';
import { enter } from '../gatewayHarness.ts';
import { askGateway, startServer, type GatewaySocket, type Harness } from '../serverHarness.ts';

const ROOT = path.join(import.meta.dirname, '../../..');
const run = promisify(execFile);

export function environmentOf(settings: S3Settings): Record<string, string> {
  return {
    S3_BUCKET: settings.bucket,
    S3_ENDPOINT: settings.endpoint ?? '',
    S3_ACCESS_KEY_ID: settings.accessKeyId,
    S3_SECRET_ACCESS_KEY: settings.secretAccessKey,
    S3_PREFIX: settings.prefix,
    S3_OBJECT_LOCK: settings.objectLock,
  };
}

/** A server with a store, and a recorder made of the real one's parts that records in simulated time. */
export class StoreHarness {
  readonly server: Harness;
  readonly studio: Studio;
  /** As they were before they were moved. */
  readonly copy: string;
  readonly #recorder: GatewaySocket;
  readonly #starts: readonly RecordingStart[];

  private constructor(
    server: Harness,
    studio: Studio,
    recorder: GatewaySocket,
    starts: readonly RecordingStart[],
  ) {
    this.#starts = starts;
    this.server = server;
    this.studio = studio;
    this.copy = path.join(server.dataDir, 'copy');
    this.#recorder = recorder;
  }

  static async open(settings: S3Settings): Promise<StoreHarness> {
    const server = await startServer({ realVault: true, env: environmentOf(settings) });
    const starts: RecordingStart[] = [];
    const recorder = await server.gateway('recorder', (socket) => {
      socket.on('recording:start', (start, ack) => {
        starts.push(start);
        ack({ ok: true, value: {} });
      });
      socket.on('recording:stop', (_, ack) => ack({ ok: true, value: {} }));
    });
    const studio = await Studio.open(server.dataDir);
    return new StoreHarness(server, studio, recorder, starts);
  }

  /**
   * A meeting of one phone that says a tone for so long, recorded and sealed. It is moved once the server is told, and
   * ended then (ISO 8601).
   */
  async record(endedAt = new Date().toISOString(), seconds = 3): Promise<KeptRecordingView> {
    const meeting = await this.server.createMeeting({ recording: 'always' });
    const gateway = await this.server.gateway('sip-dialin');
    const { socket } = await enter(gateway, meeting);
    const caller = { name: 'Caller', number: '+15550001234', ssrc: 7 };
    await askGateway(gateway, 'phone:join', { meetingId: meeting.id, ...caller });
    const started = (): RecordingStart | undefined =>
      this.#starts.find(({ meetingId }) => meetingId === meeting.id);
    await expect.poll(started, { timeout: 10_000 }).toBeDefined();
    const { recordingId } = started()!;
    const recording = await this.studio.record(recordingId);
    await recording.addTrack({ id: 'p1', name: 'Caller', kind: 'phone' }, STARTED_AT);
    const said = await encode(tone(440, 1000));
    const talker = new Talker(1, Array.from({ length: seconds }, () => said).flat());
    const lengthMs = (seconds + 1) * 1000;
    play(recording, [{ participantId: 'p1', talker, fromMs: 500 }], 0, lengthMs);
    await recording.stop(STARTED_AT + lengthMs);
    await cp(this.studio.vaultDirectory, path.join(this.copy, 'vault'), { recursive: true });
    const view = { ...recording.view, meetingId: meeting.id, endedAt };
    await askGateway(this.#recorder, 'recording:report', { recording: view });
    socket.close();
    gateway.disconnect();
    return await this.view(recordingId);
  }

  async view(id: string): Promise<KeptRecordingView> {
    const answer = await this.server.rest('GET', `/recordings/${id}`);
    expect(answer.status).toBe(200);
    return (await answer.json()) as KeptRecordingView;
  }

  /** Waits until all of it is in the store, and nothing here. */
  async moved(id: string): Promise<KeptRecordingView> {
    const folder = path.join(this.studio.vaultDirectory, id);
    await expect
      .poll(async () => [(await this.view(id)).storage.place, existsSync(folder)], {
        timeout: 25_000,
      })
      .toEqual(['store', false]);
    return await this.view(id);
  }

  async metric(name: string): Promise<number> {
    const text = await (await fetch(`${this.server.url}/metrics`)).text();
    return Number(new RegExp(`^switchroom_${name} (\\d+)$`, 'm').exec(text)?.[1]);
  }

  async close(): Promise<void> {
    await this.studio.sealer.close();
    await this.server.close();
  }
}

/** What anybody would do with an export, or with a copy of the bucket. */
export async function verify(...args: string[]): Promise<string> {
  return await verifyWith({}, ...args);
}

/** The same with variables set, as the server has them. */
export async function verifyWith(env: NodeJS.ProcessEnv, ...args: string[]): Promise<string> {
  return await run(process.execPath, [path.join(ROOT, 'scripts/verify.mjs'), ...args], {
    env,
  }).then(
    ({ stdout }) => stdout,
    (error: unknown) => (error as { stderr: string }).stderr,
  );
}
