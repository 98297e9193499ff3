import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import {
  GATEWAY_NAMESPACE,
  unwrap,
  type GatewayClientToServer,
  type GatewayServerToClient,
} from '@switchroom/protocol';
import { Server, type Socket } from 'socket.io';
import { Child } from '../../support/process/Child.ts';
import type { OpusLoad } from './OpusLoad.ts';

const MAIN = path.join(import.meta.dirname, '../../../recordings/src/main.ts');
const PAYLOAD_TYPE = 111;
const LEVEL_ID = 10;
/** Many recordings begin at once here. */
const PATIENCE_MS = 60_000;

type Peer = Socket<GatewayClientToServer, GatewayServerToClient>;

/** The recorder in a process of its own on one core, and what it takes for its server. */
export class RecorderHost {
  readonly #io: Server;
  readonly #child: Child;
  readonly #peer: Peer;
  readonly #recipient: string;

  private constructor(parts: { io: Server; child: Child; peer: Peer; recipient: string }) {
    this.#io = parts.io;
    this.#child = parts.child;
    this.#peer = parts.peer;
    this.#recipient = parts.recipient;
  }

  /** A meeting of the recorder is a socket of `load`; both have the same number. */
  static async start(options: {
    core: number;
    dataDir: string;
    recipient: string;
    load: OpusLoad;
  }): Promise<RecorderHost> {
    const { core, dataDir, recipient, load } = options;
    const http = createServer();
    const io = new Server(http);
    const connected = Promise.withResolvers<Peer>();
    io.of(GATEWAY_NAMESPACE).on('connection', (socket: Peer) => {
      serve(socket, load);
      connected.resolve(socket);
    });
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    const child = new Child({
      name: 'recorder',
      command: 'taskset',
      args: ['-c', String(core), process.execPath, ...profiler(), MAIN],
      env: {
        ...{ PATH: process.env['PATH'], DATA_DIR: dataDir, SERVICE_TOKEN: 'of-the-benchmark' },
        SIGNALING_URL: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
        ...{ LOG_LEVEL: 'warn', RECORDING_MIN_FREE_MB: '0' },
      },
    });
    const ended = child.exited.then(() => Promise.reject(new Error(child.output)));
    const peer = await Promise.race([connected.promise, ended]);
    return new RecorderHost({ io, child, peer, recipient });
  }

  get pid(): number {
    return this.#child.pid!;
  }

  async record(meeting: number, ssrcs: readonly number[]): Promise<void> {
    const meetingId = `m${meeting}`;
    const peer = this.#peer.timeout(PATIENCE_MS);
    const start = { recordingId: `r${meeting}`, meetingId, title: 'Bench' };
    unwrap(await peer.emitWithAck('recording:start', { ...start, recipient: this.#recipient }));
    for (const ssrc of ssrcs) {
      const participant = { id: `p${ssrc}`, name: `P ${ssrc}`, kind: 'browser' as const };
      const news = { meetingId, transportId: meetingId, consumerId: `c${ssrc}`, participant };
      unwrap(
        await peer.emitWithAck('consumer:created', { ...news, ssrc, payloadType: PAYLOAD_TYPE }),
      );
    }
  }

  /** Seals it. */
  async seal(meeting: number): Promise<void> {
    const recordingId = `r${meeting}`;
    unwrap(await this.#peer.timeout(PATIENCE_MS).emitWithAck('recording:stop', { recordingId }));
  }

  async stop(): Promise<void> {
    await this.#child.stop({ grace: PATIENCE_MS });
    await this.#io.close();
  }
}

function serve(socket: Peer, load: OpusLoad): void {
  socket.on('room:open', ({ meetingId }, ack) => {
    const port = load.ports[Number(meetingId.slice(1))]!;
    const media = { payloadType: PAYLOAD_TYPE, audioLevelExtensionId: LEVEL_ID };
    ack({ ok: true, value: { transportId: meetingId, ip: '127.0.0.1', port, ...media } });
  });
  socket.on('transport:connect', ({ transportId, port }, ack) => {
    const media = { payloadType: PAYLOAD_TYPE, audioLevelExtensionId: LEVEL_ID };
    load.aim(Number(transportId.slice(1)), { port, ...media });
    ack({ ok: true, value: {} });
  });
  socket.on('room:release', (_, ack) => ack({ ok: true, value: {} }));
  socket.on('recording:report', (_, ack) => ack({ ok: true, value: {} }));
}

/** `BENCH_PROFILE=<folder>` leaves a CPU profile of the recorder there. */
function profiler(): string[] {
  const folder = process.env['BENCH_PROFILE'];
  return folder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${folder}`];
}
